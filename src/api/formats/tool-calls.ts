/** The steps of a run as chat protocols know them: each attempt is one call of a tool, with its arguments and one result. */
import type { ErrorInfo } from '../../../contracts/errors.js';
import type { EphemeralEvent, RunEvent, StepOutput } from '../../../contracts/events.js';
import type { PlanStep } from '../../../contracts/plan.js';

export type CallMoment =
  | {
      kind: 'begin';
      callId: string;
      stepId: string;
      tool: string;
      title: string | undefined;
      args: PlanStep['args'];
    }
  | { kind: 'output'; callId: string; stepId: string; output: unknown }
  | { kind: 'error'; callId: string; stepId: string; error: Pick<ErrorInfo, 'message'> & { code: string } };

/** What became of a worker whose attempt has no end in the log. */
const LOST = { code: 'worker_stopped', message: 'the attempt was cut off, and is made again' };

/** Fed with all events of a run from the first on; the same events give the same moments. */
export class ToolCalls {
  private readonly steps = new Map<string, PlanStep>();
  /** The call of each step that has no result yet. */
  private readonly open = new Map<string, string>();

  momentsOf(event: RunEvent | EphemeralEvent): CallMoment[] {
    if (event.type === 'plan.created') for (const step of event.plan.steps) this.steps.set(step.id, step);
    if (event.type === 'plan.updated') for (const step of event.steps) this.steps.set(step.id, step);
    const { stepId } = event;
    if (stepId === undefined) return [];
    switch (event.type) {
      case 'step.started': {
        const callId = `${stepId}-${event.attempt ?? 1}`;
        const lost = this.end(stepId, (open) => ({ kind: 'error', callId: open, stepId, error: LOST }));
        this.open.set(stepId, callId);
        const args = this.steps.get(stepId)?.args ?? {};
        return [...lost, { kind: 'begin', callId, stepId, tool: event.tool, title: event.title, args }];
      }
      case 'step.completed':
        return this.end(stepId, (callId) => ({
          kind: 'output',
          callId,
          stepId,
          output: shown(event.output),
        }));
      case 'step.retrying':
      case 'step.failed':
        return this.end(stepId, (callId) => ({ kind: 'error', callId, stepId, error: event.error }));
      default:
        return [];
    }
  }

  private end(stepId: string, moment: (callId: string) => CallMoment): CallMoment[] {
    const callId = this.open.get(stepId);
    if (callId === undefined) return [];
    this.open.delete(stepId);
    return [moment(callId)];
  }
}

/** A large output is a file: where it is, and how it begins. */
const shown = (output: StepOutput): unknown => ('value' in output ? output.value : output);

/** A run's result as the text of an answer: itself where it is text, else JSON for people. */
export function textOf(result: unknown): string {
  if (typeof result === 'string') return result;
  if (typeof result === 'object' && result !== null && 'text' in result && typeof result.text === 'string')
    return result.text;
  return `\`\`\`json\n${JSON.stringify(result, null, 2)}\n\`\`\``;
}
