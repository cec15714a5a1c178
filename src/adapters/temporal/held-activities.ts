/**
 * Activities that a dead worker held. Temporal notices a dead worker by its missing heartbeats; whoever knows better
 * says so here, and the activities run again at once.
 */
import type { ConnectionLike } from '@temporalio/client';
import pLimit from 'p-limit';
import { AGENT_RUN_WORKFLOW } from '../../../contracts/messages.js';
import { isNotFound } from './grpc-status.js';

export interface HeldActivities {
  connection: Pick<ConnectionLike, 'workflowService'>;
  namespace: string;
  isDead: (workerIdentity: string) => boolean;
}

/** Calls at once: a hundred open runs take a moment, ten thousand some seconds. */
const AT_ONCE = 20;
const PAGE = 1_000;
// Source: temporal.api.enums.v1.PendingActivityState.
const STARTED = [2, 3];

/** @returns how many activities were given back */
export async function releaseHeldActivities({
  connection,
  namespace,
  isDead,
}: HeldActivities): Promise<number> {
  const service = connection.workflowService;
  const limit = pLimit(AT_ONCE);
  let released = 0;

  const release = async (workflowId: string, runId: string): Promise<void> => {
    const { pendingActivities } = await service.describeWorkflowExecution({
      namespace,
      execution: { workflowId, runId },
    });
    for (const { activityId, state, lastWorkerIdentity } of pendingActivities) {
      if (!STARTED.includes(Number(state)) || !isDead(lastWorkerIdentity ?? '')) continue;
      await service.respondActivityTaskFailedById({
        namespace,
        workflowId,
        runId,
        activityId: activityId ?? '',
        identity: 'perdure start',
        failure: {
          message: `the worker that held it is gone (${lastWorkerIdentity ?? ''})`,
          // Not the policy's pause: nothing has to recover.
          applicationFailureInfo: { type: 'worker_stopped', nextRetryDelay: { nanos: 1_000_000 } },
        },
      });
      released += 1;
    }
  };

  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await service.listWorkflowExecutions({
      namespace,
      query: `WorkflowType = "${AGENT_RUN_WORKFLOW}" and ExecutionStatus = "Running"`,
      pageSize: PAGE,
      nextPageToken,
    });
    await Promise.all(
      page.executions.map(({ execution }) =>
        limit(async () => {
          try {
            await release(execution?.workflowId ?? '', execution?.runId ?? '');
          } catch (error) {
            // It has ended meanwhile, or its activity has timed out just now.
            if (!isNotFound(error)) throw error;
          }
        }),
      ),
    );
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
  return released;
}
