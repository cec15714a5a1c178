/** Where each step of a plan stands, as the events tell it. */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';

export interface StepPicture {
  id: string;
  /** Its title, else its tool. */
  title: string;
  status: 'waiting' | 'running' | 'retrying' | 'completed' | 'failed';
  /** Milliseconds since 1970 by the server's clock; null before it has begun. */
  startedAt: number | null;
  durationMs: number | null;
  /** What it said last: progress, or what went wrong. */
  message: string;
}

export interface PlanPicture {
  steps: ReadonlyMap<string, StepPicture>;
  files: number;
  /** Of the newest event; milliseconds since 1970. */
  now: number;
}

export class PictureOfPlan implements PlanPicture {
  readonly steps = new Map<string, StepPicture>();
  files = 0;
  now = 0;

  apply(event: RunEvent | EphemeralEvent): void {
    const at = Date.parse(event.at);
    this.now = Math.max(this.now, at);
    if (event.type === 'plan.created') {
      for (const { id, title, tool } of event.plan.steps) this.steps.set(id, waiting(id, title ?? tool));
      return;
    }
    if (event.type === 'plan.updated') {
      for (const id of event.removed) this.steps.delete(id);
      for (const { id, title, tool } of event.steps) this.steps.set(id, waiting(id, title ?? tool));
      return;
    }
    if (event.type === 'artifact.created') this.files += 1;
    if (event.stepId === undefined) return;
    const step = this.steps.get(event.stepId) ?? waiting(event.stepId, '');
    Object.assign(step, changeBy(event, at, step.startedAt));
    this.steps.set(event.stepId, step);
  }
}

const waiting = (id: string, title: string): StepPicture => ({
  id,
  title,
  status: 'waiting',
  startedAt: null,
  durationMs: null,
  message: '',
});

function changeBy(
  event: RunEvent | EphemeralEvent,
  at: number,
  startedAt: number | null,
): Partial<StepPicture> {
  switch (event.type) {
    case 'step.started':
      return { status: 'running', startedAt: startedAt ?? at, message: '' };
    case 'step.retrying':
      return { status: 'retrying', message: `attempt ${event.nextAttempt}: ${event.error.message}` };
    case 'step.completed':
      return { status: 'completed', durationMs: event.durationMs, message: '' };
    case 'step.reused':
      return { status: 'completed', durationMs: 0, message: 'reused' };
    case 'step.failed':
      return {
        status: 'failed',
        durationMs: startedAt === null ? null : at - startedAt,
        message: event.error.message,
      };
    case 'step.progress':
    case 'log':
      return { message: event.message };
    default:
      return {};
  }
}
