/** How full the workers of a task queue are, as they tell Temporal every few seconds. */
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import type { WorkerFacts } from '../../ports/run-inspector.js';
import { isoOf } from './proto-time.js';

/** gRPC statuses of a server that does not keep this: too old, or not told to. Source: gRPC status codes guide. */
const UNKNOWN_THERE = [3, 7, 9, 12];

/** @returns null where Temporal does not know */
export async function workersOf(
  service: Connection['workflowService'],
  namespace: string,
  taskQueue: string,
): Promise<WorkerFacts[] | null> {
  try {
    const { workersInfo } = await service.listWorkers({ namespace, query: `TaskQueue = "${taskQueue}"` });
    return workersInfo.flatMap(({ workerHeartbeat: worker }) => {
      const lastHeartbeatAt = isoOf(worker?.heartbeatTime);
      if (lastHeartbeatAt === null) return [];
      const slots = worker?.activityTaskSlotsInfo;
      return [
        {
          identity: worker?.workerIdentity ?? '',
          lastHeartbeatAt,
          used: slots?.currentUsedSlots ?? 0,
          free: slots?.currentAvailableSlots ?? 0,
        },
      ];
    });
  } catch (error) {
    if (isGrpcServiceError(error) && UNKNOWN_THERE.includes(error.code.valueOf())) return null;
    throw error;
  }
}
