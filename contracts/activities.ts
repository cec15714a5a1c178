/** The activities' interface: what workflows call and workers implement. Payloads stay small. */
import type { ErrorInfo } from './errors.js';
import type { NewEvent } from './events.js';
import type { StepTimer } from './messages.js';
import type { JsonValue, Plan, PlanStep } from './plan.js';
import type { NewRun } from './runs.js';

/** What every activity of a run is told. */
export interface RunScope {
  runId: string;
  tenantId: string;
  /** Events that an earlier append could not store; this activity's first append takes them along. */
  unsent: NewEvent[];
}

export interface PlanRunInput extends RunScope {
  run: NewRun;
  /** The plan given in the request, or null to have one made from the goal. */
  plan: Plan | null;
  /** Kept in the workspace from here on, so that no later payload carries it. */
  inputsData: { value: JsonValue } | null;
}

export interface RunToolInput extends RunScope {
  step: PlanStep;
}

/** How a tool step ended, unless it failed. */
export type ToolStepResult = {
  /** Events that are still not stored: the workflow hands them to the next activity. */
  unsent: NewEvent[];
} & (
  | { status: 'completed' }
  /**
   * The tool asks to be completed later: the workflow holds the timer, no activity sleeps. A duration counts
   * from when the workflow hears of it, for the clocks of workers may differ from Temporal's.
   */
  | { status: 'deferred'; attempt: number; wait: { seconds: number } | { until: string } }
);

/**
 * A failed step fails its activity, so that the Temporal Web UI shows it as what it is; one that was stopped
 * is cancelled. Its end is in the journal already: this, the first of the failure's details, says so and
 * brings what a result would.
 */
export interface JournalledFailure {
  journalled: true;
  error: ErrorInfo;
  unsent: NewEvent[];
}

export interface CompleteDeferredInput extends RunScope {
  stepId: string;
  timer: StepTimer;
}

export interface FailStepInput extends RunScope {
  stepId: string;
  error: ErrorInfo;
}

export interface SuperviseInput extends RunScope {
  step: Pick<PlanStep, 'id' | 'onFailure'>;
  /** Null when the step completed. */
  error: ErrorInfo | null;
  /** Steps that wait for this one, directly or not. */
  dependants: string[];
}

export interface SuperviseResult {
  decision: 'continue' | 'stop';
  reason: string;
}

export type RunOutcome =
  | { status: 'completed'; resultSteps: string[] }
  | { status: 'failed'; error: ErrorInfo }
  | { status: 'cancelled'; reason: string | null };

export interface FinishRunInput extends RunScope {
  run: NewRun;
  outcome: RunOutcome;
  /** Steps that have begun and were stopped with the run. */
  openSteps: string[];
}

export interface Activities {
  /**
   * Creates the record where the API could not, has a plan made where none was given, and writes
   * run.started and plan.created.
   * @returns the plan that was made; null when it is the given one
   */
  planRun(input: PlanRunInput): Promise<Plan | null>;
  /**
   * Runs one step's tool and journals it; done again, it repeats no completed tool.
   * @throws ApplicationFailure whose first detail is a JournalledFailure
   */
  runTool(input: RunToolInput): Promise<ToolStepResult>;
  /** Journals the end of a step whose tool asked for a durable timer. */
  completeDeferred(input: CompleteDeferredInput): Promise<void>;
  /**
   * Journals the end of a step whose tool activity broke down.
   * @returns how the step ended by the journal, where its tool may have been quicker; null when it completed
   */
  failStep(input: FailStepInput): Promise<ErrorInfo | null>;
  /** Done again, it answers what it decided first. */
  superviseStep(input: SuperviseInput): Promise<SuperviseResult>;
  /** Writes the run's terminal event, and before it the end of each step that was stopped. */
  finishRun(input: FinishRunInput): Promise<void>;
}
