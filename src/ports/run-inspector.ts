/** What the durable engine itself tells of a run and its task queue; no worker is asked. Times are ISO 8601. */

export interface PendingActivity {
  id: string;
  /** The activity's name, such as runTool. */
  type: string;
  /** Where it waits for a worker; null where that is not told. */
  taskQueue: string | null;
  state: 'scheduled' | 'started';
  /** The one under way, or the next while it waits to be tried again. */
  attempt: number;
  /** When it may be, or could have been, taken by a worker. */
  scheduledAt: string | null;
  startedAt: string | null;
  lastHeartbeatAt: string | null;
  heartbeatTimeoutMs: number | null;
  lastWorker: string | null;
  /** Of the attempt before. `code` is of the error table where the activity told it. */
  lastFailure: { code: string | null; message: string } | null;
}

export interface WorkflowFacts {
  /** Temporal's word in lower case: running, completed, failed, canceled, terminated, timed_out. */
  status: string;
  closedAt: string | null;
  /** As a person or Temporal itself has said; null where nothing is known. */
  terminatedFor: string | null;
  historyEvents: number;
  /** The build that alone may go on with it; null where any may. */
  pinnedTo: string | null;
  task: {
    state: 'scheduled' | 'started';
    since: string | null;
    /** Since when it waits where it waits now: one that was kept for a worker goes to all of them later. */
    offeredAt: string | null;
    attempt: number;
    /** It waits for the worker that had the run last; soon any other may take it. */
    isKept: boolean;
  } | null;
  /** Who took the newest workflow task of which the history tells. */
  lastWorker: string | null;
  /** How the newest workflow task failed; null when it did not. */
  taskFailure: { cause: string; message: string } | null;
  activities: PendingActivity[];
  /** Runs of sub-agents that it waits for, by their ids. */
  children: string[];
  /** The open timer. */
  timer: { until: string; summary: string | null } | null;
}

export interface QueueSide {
  /** Newest poll first; one that was not seen for five minutes is not known any more. */
  pollers: { identity: string; lastPollAt: string; build: string | null }[];
  backlog: number;
  backlogAgeMs: number;
  /** Tasks a second, of the last half minute. */
  addRate: number;
  dispatchRate: number;
}

export interface WorkerFacts {
  identity: string;
  lastHeartbeatAt: string;
  /** Places for activities. */
  used: number;
  free: number;
}

export interface WorkerElsewhere {
  identity: string;
  taskQueue: string;
}

export interface QueueFacts {
  name: string;
  /** As they last told Temporal; null where it does not keep that. */
  workers: WorkerFacts[] | null;
  /** The build that new runs go to; null where that is any worker without versions. */
  currentBuild: string | null;
  workflows: QueueSide;
  activities: QueueSide;
}

/** Every method throws PerdureError `temporal_unavailable` when the engine cannot be reached. */
export interface RunInspector {
  /** Null when there is no workflow of the run, open or closed. */
  workflow(runId: string): Promise<WorkflowFacts | null>;
  queue(): Promise<QueueFacts>;
  /** The task queue of workers that make the calls of tools; null where tools have none of their own. */
  toolQueue(): Promise<QueueFacts | null>;
  /** Workers of this namespace that were heard of just now and poll other task queues than ours. */
  workersElsewhere(): Promise<WorkerElsewhere[]>;
  /** Open runs whose tasks go to another task queue than this process's: its workers will never move them. */
  openRunsElsewhere(): Promise<number>;
}
