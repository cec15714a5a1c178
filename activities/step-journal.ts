/** The start and the end of one step in its run's log, with the supervisor's word on the end where rules have it. */
import { cancellationSignal } from '@temporalio/activity';
import type { RunScope } from '../contracts/run-scope.js';
import type { Decision, StepCompleted } from '../contracts/step-ends.js';
import { PerdureError, type ErrorInfo } from '../contracts/errors.js';
import type { NewEvent, StepOutput } from '../contracts/events.js';
import type { PlanStep } from '../contracts/plan.js';
import type { Artifact } from '../contracts/tool-calls.js';
import type { ActivityDependencies } from './dependencies.js';
import { endOf, Journal, now, stepKeys, type Kept } from './journal.js';
import { recordedDecision, ruling } from './supervision.js';
import { stepCancelled, stepFailure } from './to-failure.js';

export interface JournalledStep {
  agent: string;
  step: Pick<PlanStep, 'id' | 'tool' | 'title' | 'onFailure'>;
  dependants?: string[];
}

export class StepJournal {
  /** Of a step that begins now; what earlier steps could not store, this one may refer to. */
  static async begin(deps: ActivityDependencies, of: JournalledStep & RunScope): Promise<StepJournal> {
    const journal = new Journal(deps, of);
    await journal.append();
    const steps = new StepJournal(deps, of, journal);
    await steps.start(1);
    return steps;
  }

  /** @param isHeld whether ends are held for the next append, of another step */
  constructor(
    private readonly deps: Pick<ActivityDependencies, 'supervisor'>,
    private readonly of: JournalledStep,
    private readonly journal: Journal,
    private readonly isHeld = false,
  ) {}

  /** @returns false when this attempt was begun before */
  async start(attempt: number): Promise<boolean> {
    const { id, tool, title } = this.of.step;
    const key = stepKeys.started(id, attempt);
    const rows = await this.journal.append({
      type: 'step.started',
      key,
      at: now(),
      stepId: id,
      attempt,
      data: title === undefined ? { tool } : { tool, title },
    });
    const row = rows.find((r) => r.key === key);
    // The log takes nothing after the run's end: this activity is left over from a run that is closed.
    if (row === undefined) throw new PerdureError('run_closed', 'the run has ended');
    return row.inserted;
  }

  /** That the attempt failed and another one follows; worth a try only. */
  noteRetry(attempt: number, error: PerdureError): Promise<void> {
    const { id } = this.of.step;
    return this.journal.tryAppend({
      type: 'step.retrying',
      key: stepKeys.retrying(id, attempt),
      at: now(),
      stepId: id,
      attempt,
      data: { error: error.toInfo(), nextAttempt: attempt + 1 },
    });
  }

  /** @throws ApplicationFailure where the log has that the step failed */
  async complete(
    attempt: number,
    { output, durationMs }: { output: StepOutput; durationMs: number },
    artifacts: readonly Artifact[] = [],
  ): Promise<StepCompleted & { unsent: NewEvent[] }> {
    const { id } = this.of.step;
    const ruled = this.ruling(null);
    const kept = await this.keep(
      ...artifactEvents(id, attempt, artifacts),
      {
        type: 'step.completed',
        key: stepKeys.end(id),
        at: now(),
        stepId: id,
        attempt,
        data: { output, durationMs },
      },
      ...ruled.events,
    );
    // Where two attempts overlap, the log's word counts, not the later one's.
    const recorded = endOf(kept.rows, id);
    const decision = recordedDecision(kept.rows, id) ?? ruled.decision;
    if (recorded !== undefined && recorded !== 'completed')
      throw stepFailure(recorded, decision, kept.unsent);
    return { status: 'completed', decision, unsent: kept.unsent };
  }

  /** Ends the step, unless the log has that it completed. @throws ApplicationFailure with a JournalledFailure */
  async fail(
    attempt: number,
    error: ErrorInfo,
    artifacts: readonly Artifact[] = [],
  ): Promise<StepCompleted & { unsent: NewEvent[] }> {
    const { id } = this.of.step;
    const ruled = this.ruling(error);
    const kept = await this.recordFailure(attempt, error, artifacts, ruled.events);
    const recorded = endOf(kept.rows, id);
    const decision = recordedDecision(kept.rows, id) ?? ruled.decision;
    if (recorded === 'completed') return { status: 'completed', decision, unsent: kept.unsent };
    throw stepFailure(recorded ?? error, decision, kept.unsent);
  }

  /** Ends a step that was stopped with its run. @throws CancelledFailure or ApplicationFailure with a JournalledFailure */
  async cancel(attempt: number, error: ErrorInfo, artifacts: readonly Artifact[] = []): Promise<never> {
    const { unsent } = await this.recordFailure(attempt, error, artifacts, []);
    // An activity that was not cancelled itself, for another made the call, cannot end as that: it would be tried again.
    throw cancellationSignal().aborted ? stepCancelled(error, unsent) : stepFailure(error, null, unsent);
  }

  private recordFailure(
    attempt: number,
    error: ErrorInfo,
    artifacts: readonly Artifact[],
    follows: NewEvent[],
  ): Promise<Kept> {
    const { id } = this.of.step;
    return this.keep(
      ...artifactEvents(id, attempt, artifacts),
      { type: 'step.failed', key: stepKeys.end(id), at: now(), stepId: id, attempt, data: { error } },
      ...follows,
    );
  }

  private async keep(...events: NewEvent[]): Promise<Kept> {
    if (!this.isHeld) return this.journal.appendOrKeep(...events);
    this.journal.hold(...events);
    return { rows: [], unsent: [] };
  }

  private ruling(error: ErrorInfo | null): { events: NewEvent[]; decision: Decision } {
    const { agent, step, dependants } = this.of;
    return ruling(this.deps.supervisor, agent, step, error, dependants ?? []);
  }
}

export const artifactEvents = (stepId: string, attempt: number, artifacts: readonly Artifact[]): NewEvent[] =>
  artifacts.map((artifact) => ({
    type: 'artifact.created',
    key: stepKeys.artifact(stepId, artifact.path),
    at: now(),
    stepId,
    attempt,
    data: artifact,
  }));
