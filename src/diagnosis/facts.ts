/** What is known of a run before anything is concluded from it. */
import type { Approval } from '../../contracts/approvals.js';
import type { BudgetLimit } from '../../contracts/budget-limits.js';
import type { RunRecord } from '../../contracts/runs.js';
import type { PendingActivity, QueueFacts, WorkerElsewhere, WorkflowFacts } from '../ports/run-inspector.js';

/** The answer of a part, or in words why it gave none. */
export type Asked<Value> = { answer: Value } | { problem: string };

export interface RunFacts {
  runId: string;
  /** When the facts were gathered. */
  now: Date;
  /** Null where the run has no record yet. */
  record: Asked<RunRecord | null>;
  /** Null where Temporal has no workflow of this run. */
  workflow: Asked<WorkflowFacts | null>;
  queue: Asked<QueueFacts>;
  /** Null where tools have no task queue of their own, and where it was not told of. */
  toolQueue: QueueFacts | null;
  /** Who polls other task queues; empty where that is not known. */
  elsewhere: readonly WorkerElsewhere[];
  /** How the run was paused, while it is. */
  pause: { at: string; by: string | null; reason: string | null; limit: BudgetLimit | null } | null;
  /** What waits for a person's word, the oldest first; a few of them. */
  approvals: readonly Approval[];
  /** What is wrong with it; null when nothing is. */
  workspace: string | null;
  bus: string | null;
  /** Of the tools that this build has, the attempts that a retryable failure gets. */
  maxAttempts: ReadonlyMap<string, number>;
}

/** The facts of a run that is open, with Temporal's answers at hand. */
export interface OpenRun extends Omit<RunFacts, 'record' | 'workflow' | 'queue'> {
  record: RunRecord | null;
  recordsProblem: string | null;
  workflow: WorkflowFacts;
  queue: QueueFacts;
}

/** Activities that run a tool are named so, and the step's id follows. */
const STEP = 'step:';

export const stepIdOf = ({ id }: PendingActivity): string | null =>
  id.startsWith(STEP) ? id.slice(STEP.length) : null;

/** Activities that are no step's, and take longer than a record does. */
const named: Readonly<Record<string, string>> = {
  planRun: 'making the plan',
  superviseStep: 'asking the supervisor',
  mendResult: 'bringing the result into its shape',
  finishRun: 'writing the run’s end',
};

/** The activity in words for people. */
export function nameOf(activity: PendingActivity, record: RunRecord | null): string {
  const stepId = stepIdOf(activity);
  if (stepId === null) return named[activity.type] ?? 'keeping the record';
  const tool = record?.plan?.steps.find(({ id }) => id === stepId)?.tool;
  return `step "${stepId}"${tool === undefined ? '' : ` (${tool})`}`;
}
