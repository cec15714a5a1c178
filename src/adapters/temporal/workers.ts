/** How full the workers of a task queue are, as they tell Temporal every few seconds. */
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import type { WorkerElsewhere, WorkerFacts } from '../../ports/run-inspector.js';
import { isoOf } from './proto-time.js';

/** gRPC statuses of a server that does not keep this: too old, or not told to. Source: gRPC status codes guide. */
const UNKNOWN_THERE = [3, 7, 9, 12];

type Service = Connection['workflowService'];
type WorkersInfo = Awaited<ReturnType<Service['listWorkers']>>['workersInfo'];

/** Workers tell of themselves every five seconds (src/stack/process-log.ts). */
const HEARD_MS = 12_000;

/** @returns null where Temporal does not know */
async function list(service: Service, namespace: string, query: string): Promise<WorkersInfo | null> {
  try {
    const { workersInfo } = await service.listWorkers({ namespace, query });
    return workersInfo;
  } catch (error) {
    if (isGrpcServiceError(error) && UNKNOWN_THERE.includes(error.code.valueOf())) return null;
    throw error;
  }
}

/** Those of the namespace that were heard of just now and poll none of these. */
export async function workersElsewhere(
  service: Service,
  namespace: string,
  taskQueues: readonly string[],
): Promise<WorkerElsewhere[]> {
  const query = taskQueues.map((name) => `TaskQueue != "${name}"`).join(' and ');
  const since = new Date(Date.now() - HEARD_MS).toISOString();
  return ((await list(service, namespace, query)) ?? []).flatMap(({ workerHeartbeat: worker }) =>
    (isoOf(worker?.heartbeatTime) ?? '') > since
      ? [{ identity: worker?.workerIdentity ?? '', taskQueue: worker?.taskQueue ?? '' }]
      : [],
  );
}

/** @returns null where Temporal does not know */
export async function workersOf(
  service: Service,
  namespace: string,
  taskQueue: string,
): Promise<WorkerFacts[] | null> {
  const found = await list(service, namespace, `TaskQueue = "${taskQueue}"`);
  return (
    found?.flatMap(({ workerHeartbeat: worker }) => {
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
    }) ?? null
  );
}
