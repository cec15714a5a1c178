/** A run as its events tell it: what the run page shows. Pure: events in, picture out. */
import type { ApprovalKind } from '../../contracts/statuses.js';
import type { RunStatus } from '../../contracts/runs.js';
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
import type { Plan } from '../../contracts/plan.js';
import { stepOf, type StepPicture } from './step-picture.js';

export type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

export interface AskedApproval {
  asked: EventOf<'approval.requested'> & { kind: ApprovalKind };
  decided: EventOf<'approval.decided'> | null;
}

/** What models have used up until then; a cost is null once one of them had no price. */
export interface UsagePoint {
  at: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number | null;
}

/** Steps are replaced when they change, and never changed: whoever shows one compares by identity. */
export class RunPicture {
  /** Counts changes. */
  version = 0;
  status: RunStatus = 'queued';
  /** What ran has said about its end. */
  end: EventOf<'run.completed' | 'run.failed' | 'run.cancelled'> | null = null;
  plan: Plan | null = null;
  planMadeBy: 'caller' | 'model' | null = null;
  readonly steps = new Map<string, StepPicture>();
  readonly events: RunEvent[] = [];
  readonly approvals = new Map<string, AskedApproval>();
  readonly usage: UsagePoint[] = [];
  readonly files: EventOf<'artifact.created'>[] = [];
  /** What a model writes while it makes the plan. */
  planText = '';
  pausedBy: EventOf<'run.paused'> | null = null;
  queuedAt: number | null = null;
  startedAt: number | null = null;
  endedAt: number | null = null;

  get lastSeq(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  /** The first moment that the timeline shows. */
  get beganAt(): number | null {
    return this.startedAt ?? this.queuedAt;
  }

  get waitingApprovals(): AskedApproval[] {
    if (this.end !== null) return [];
    return [...this.approvals.values()].filter(({ decided }) => decided === null);
  }

  apply(event: RunEvent | EphemeralEvent): void {
    this.version += 1;
    if ('seq' in event) {
      // What was seen already, as after a reconnect, tells nothing new.
      if (event.seq <= this.lastSeq) return;
      this.events.push(event);
    }
    this.applyToRun(event);
    if (event.stepId !== undefined) this.change(event.stepId, (step) => stepOf(step, event));
  }

  private applyToRun(event: RunEvent | EphemeralEvent): void {
    const at = Date.parse(event.at);
    switch (event.type) {
      case 'run.queued':
        this.queuedAt = at;
        break;
      case 'run.started':
        this.startedAt = at;
        this.status = 'running';
        break;
      case 'plan.created':
        this.adopt(event.plan);
        this.planMadeBy = event.madeBy ?? null;
        break;
      case 'plan.updated':
        this.revise(event);
        break;
      case 'model.called':
        this.usage.push(nextUsage(this.usage.at(-1), event));
        break;
      case 'artifact.created':
        this.files.push(event);
        break;
      case 'approval.requested':
        this.approvals.set(event.approvalId, { asked: event, decided: null });
        break;
      case 'approval.decided': {
        const approval = this.approvals.get(event.approvalId);
        if (approval !== undefined) this.approvals.set(event.approvalId, { ...approval, decided: event });
        break;
      }
      case 'run.paused':
        this.status = 'paused';
        this.pausedBy = event;
        break;
      case 'run.resumed':
        this.status = 'running';
        this.pausedBy = null;
        break;
      case 'run.completed':
      case 'run.failed':
      case 'run.cancelled':
        this.finish(event, at);
        break;
      case 'output.delta':
        if (event.stepId === undefined) this.planText += event.text;
        break;
      case 'output.reset':
        if (event.stepId === undefined) this.planText = '';
        break;
      default:
        break;
    }
    if (this.end === null && this.status !== 'paused' && this.startedAt !== null)
      this.status = this.waitingApprovals.length > 0 ? 'waiting' : 'running';
  }

  private finish(event: NonNullable<RunPicture['end']>, at: number): void {
    this.end = event;
    this.endedAt = at;
    this.status =
      event.type === 'run.completed' ? 'completed' : event.type === 'run.failed' ? 'failed' : 'cancelled';
    for (const id of this.steps.keys()) this.change(id, (step) => stepOf(step, event));
  }

  /** Steps that are in the plan already keep what has happened to them. */
  private adopt(plan: Plan): void {
    this.plan = plan;
    for (const planned of plan.steps) {
      const known = this.steps.get(planned.id) ?? stepOf(undefined, null);
      this.steps.set(planned.id, {
        ...known,
        id: planned.id,
        tool: planned.tool,
        title: planned.title ?? null,
        args: planned.args,
        dependsOn: dependenciesOf(planned),
      });
    }
  }

  /** What the revision takes away had not begun. */
  private revise({ steps, removed, maxParallel, retried }: EventOf<'plan.updated'>): void {
    const changed = new Map(steps.map((step) => [step.id, step]));
    const kept = (this.plan?.steps ?? []).filter(({ id }) => !removed.includes(id));
    const known = new Set(kept.map(({ id }) => id));
    for (const id of removed) this.steps.delete(id);
    const all = [
      ...kept.map((step) => changed.get(step.id) ?? step),
      ...steps.filter(({ id }) => !known.has(id)),
    ];
    this.adopt({
      ...this.plan,
      ...(maxParallel === undefined ? {} : { maxParallel }),
      steps: retried === undefined ? all : all.map((step) => waitingFor(step, retried)),
    });
  }

  private change(id: string, how: (step: StepPicture) => StepPicture): void {
    const known = this.steps.get(id) ?? { ...stepOf(undefined, null), id };
    this.steps.set(id, how(known));
  }
}

/** What waited for a step that is tried again waits for the one that tries. */
function waitingFor(
  step: Plan['steps'][number],
  retried: { step: string; as: string },
): Plan['steps'][number] {
  if (step.id === retried.as || step.dependsOn?.includes(retried.step) !== true) return step;
  return { ...step, dependsOn: step.dependsOn.map((id) => (id === retried.step ? retried.as : id)) };
}

/** What a step waits for: what it names, and what its arguments refer to. */
export function dependenciesOf({
  args,
  dependsOn = [],
}: Pick<Plan['steps'][number], 'args' | 'dependsOn'>): string[] {
  const referred = [...JSON.stringify(args).matchAll(/\{\{\s*steps\.([A-Za-z0-9][\w-]*)/g)].map(
    ([, id]) => id ?? '',
  );
  return [...new Set([...dependsOn, ...referred])];
}

const nextUsage = (last: UsagePoint | undefined, event: EventOf<'model.called'>): UsagePoint => ({
  at: Date.parse(event.at),
  inputTokens: (last?.inputTokens ?? 0) + event.inputTokens,
  outputTokens: (last?.outputTokens ?? 0) + event.outputTokens,
  costUsd: last?.costUsd === null || event.costUsd === null ? null : (last?.costUsd ?? 0) + event.costUsd,
});
