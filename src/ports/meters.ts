/** What is counted and timed, for whoever watches the system over time. No method throws, and none waits. */
import type { RunEvent } from '../../contracts/events.js';
import type { ReconcileResult } from '../../contracts/reconcile.js';
import type { NewRun, RunStatus } from '../../contracts/runs.js';
import type { WhyCause } from '../../contracts/why.js';
import type { QueueFacts } from './run-inspector.js';

/** Of an API process. */
export interface ApiMeter {
  /** @param seconds until its end; null for a stream, which ends when its reader likes */
  answered(request: { method: string; route: string; status: number; seconds: number | null }): void;
  submitted(): void;
  streamOpened(): void;
  streamClosed(): void;
  /** An event has been handed to the streams, so many seconds after it happened. */
  delivered(seconds: number): void;
  checked(dependency: string, works: boolean): void;
  observed(system: SystemFacts): void;
}

/** The whole system as one process sees it; null for what could not be found out. */
export interface SystemFacts {
  openRuns: { status: RunStatus; runs: number }[] | null;
  /** Of the runs among which nothing has happened for longest, those that stand still. */
  stuckRuns: Partial<Record<WhyCause, number>> | null;
  queue: QueueFacts | null;
  /** Also null where tools have no task queue of their own. */
  toolQueue: QueueFacts | null;
  /** Open runs whose tasks go to task queues that are not ours. */
  runsElsewhere: number | null;
}

/** Of the canary that this process sends. */
export interface CanaryMeter {
  ran(canary: { works: boolean; hops: readonly { hop: string; seconds: number }[] }): void;
}

/** Of a worker process. */
export interface RunMeter {
  /** An event was logged. @param run known at least where it is the last one */
  recorded(event: RunEvent, run: Pick<NewRun, 'createdAt'> | undefined): void;
  /** @param outcome `completed`, or the error's code */
  toolCalled(tool: string, outcome: string, seconds: number): void;
  reconciled(result: ReconcileResult): void;
  /** Whether Temporal sees this worker poll; null where it does not say. */
  polling(seen: boolean | null): void;
}
