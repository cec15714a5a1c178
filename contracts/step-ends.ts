/** How a step has ended, or why it has not, as its activity tells the workflow. */
import type { ErrorInfo } from './errors.js';
import type { NewEvent } from './events.js';
import type { Spent } from './spent.js';
import type { CallWanted } from './tool-calls.js';

/** What rules say of a step's end; null where a supervisor must be asked by an activity of its own. */
export type Decision = 'continue' | 'stop' | null;

/** A step whose tool completed it. */
export interface StepCompleted {
  status: 'completed';
  decision: Decision;
}

/**
 * The tool asks to be completed later: the workflow holds the timer, no activity sleeps. A duration counts
 * from when the workflow hears of it, for the clocks of workers may differ from Temporal's.
 */
export interface StepDeferred {
  status: 'deferred';
  attempt: number;
  wait: { seconds: number } | { until: string };
}

/** An irreversible tool was begun, and nothing tells whether it has acted: a person decides. */
export interface StepUncertain {
  status: 'uncertain';
  attempt: number;
  /** In a few words, for a sentence. */
  why: string;
}

/** The tool wants to call an address that a model has chosen and nobody has named: a person is asked. */
export interface StepOutOfReach {
  status: 'out of reach';
  /** With the address, for whoever decides. */
  why: string;
}

/** How a tool step ended, unless it failed. */
export type ToolStepResult = {
  /** Events that are still not stored: the workflow hands them to the next activity. */
  unsent: NewEvent[];
} & (StepCompleted | StepDeferred | StepUncertain | StepOutOfReach | CallWanted);

/** How far one step came. */
export type StepEnd =
  | StepCompleted
  | StepDeferred
  | { status: 'failed'; error: ErrorInfo; decision: Decision }
  /** It did not succeed and may be tried again, as an activity of its own. */
  | { status: 'handed back' }
  /** Not begun: it waits for another, or there was no time. */
  | { status: 'open' };

/**
 * A failed step fails its activity, so that the Temporal Web UI shows it as what it is; one that was stopped
 * is cancelled. Its end is in the journal already: this, the first of the failure's details, says so and
 * brings what a result would.
 */
export interface JournalledFailure {
  journalled: true;
  error: ErrorInfo;
  decision: Decision;
  unsent: NewEvent[];
  /** As SpentInVain. */
  spent?: Spent;
}
