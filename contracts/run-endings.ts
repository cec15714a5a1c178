/** How a run ends: what the workflow says, and what its log has. */
import type { ErrorInfo } from './errors.js';
import type { RunScope } from './run-scope.js';
import type { NewRun } from './runs.js';

export type RunOutcome =
  | { status: 'completed'; resultSteps: string[] }
  | { status: 'failed'; error: ErrorInfo }
  | { status: 'cancelled'; reason: string | null };

/** How the run has ended by the log, whose first word counts: a workflow task that is done again may mean another. */
export type RunEnd = { status: 'completed' | 'cancelled' } | { status: 'failed'; error: ErrorInfo };

export interface FinishRunInput extends RunScope {
  run: NewRun;
  outcome: RunOutcome;
  /** Steps that have begun and were stopped with the run. */
  openSteps: string[];
  /** Of these, the ones of which nobody has said whether they acted. */
  uncertainSteps?: string[];
  /** Whether a model has brought the result into its shape. */
  mended?: true;
}

export interface MendResultInput extends RunScope {
  run: NewRun;
  resultSteps: string[];
}
