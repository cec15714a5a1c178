/** Who polls a task queue, as the server sees it. */
import type { Connection } from '@temporalio/client';
import { buildOf } from './poller-build.js';
import { SILENT_MS } from './silent-workers.js';

export interface TaskQueuePlace {
  connection: Connection;
  namespace: string;
  taskQueue: string;
}

/** A poller asks anew at least once a minute; one that was not seen for longer is gone. */
const POLLER_FRESH_MS = 70_000;

// Source: temporal.api.enums.v1.TaskQueueType.
export const WORKFLOW_TASKS = 1;
export const ACTIVITY_TASKS = 2;

export interface WhichPollers {
  /** One of them; unless told, all that new runs go to. */
  identity?: string;
  /** Those who are thought to stand still: only a poll of just now speaks for them. */
  silent?: ReadonlySet<string>;
}

export async function countPollers(
  { connection, namespace, taskQueue }: TaskQueuePlace,
  taskQueueType: typeof WORKFLOW_TASKS | typeof ACTIVITY_TASKS,
  { identity, silent }: WhichPollers = {},
): Promise<number> {
  const queue = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType,
    reportPollers: true,
  });
  const now = Date.now();
  // Workers of other builds take no new runs.
  const current = queue.versioningInfo?.currentDeploymentVersion?.buildId ?? null;
  return queue.pollers.filter(
    (p) =>
      Number(p.lastAccessTime?.seconds ?? 0) * 1000 >=
        now - (silent?.has(p.identity ?? '') === true ? SILENT_MS : POLLER_FRESH_MS) &&
      (identity === undefined ? buildOf(p.deploymentOptions) === current : p.identity === identity),
  ).length;
}
