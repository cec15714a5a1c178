/** RunInspector by Temporal's describe calls and the newest part of a run's history. */
import type { Connection } from '@temporalio/client';
import { AGENT_RUN_WORKFLOW, runIdOf, workflowIdOf } from '../../../contracts/messages.js';
import type {
  PendingActivity,
  QueueFacts,
  QueueSide,
  RunInspector,
  WorkflowFacts,
} from '../../ports/run-inspector.js';
import { isNotFound } from './grpc-status.js';
import { workersElsewhere, workersOf } from './workers.js';
import { newestOf } from './newest-events.js';
import { buildOf } from './poller-build.js';
import type { Payloads } from './payloads.js';
import { isoOf, millisecondsOf } from './proto-time.js';
import { callTemporal } from './unavailable.js';

export interface InspectorOptions {
  connection: Connection;
  namespace: string;
  payloads: Payloads;
  taskQueue: string;
  /** As of the engine. */
  toolTaskQueue?: string | null;
}

// Sources: temporal.api.enums.v1.TaskQueueType, WorkflowExecutionStatus, PendingActivityState and
// PendingWorkflowTaskState.
// and VersioningBehavior.
const PINNED = 1;
const QUEUE_TYPES = { workflows: 1, activities: 2 } as const;
const STATUSES = [
  'unknown',
  'running',
  'completed',
  'failed',
  'canceled',
  'terminated',
  'continued_as_new',
  'timed_out',
];
const ACTIVITY_SCHEDULED = 1;
const TASK_STARTED = 2;

type Description = Awaited<ReturnType<Connection['workflowService']['describeWorkflowExecution']>>;

export function createRunInspector({
  connection,
  namespace,
  payloads,
  taskQueue,
  toolTaskQueue = null,
}: InspectorOptions): RunInspector {
  const service = connection.workflowService;

  const side = async (
    name: string,
    taskQueueType: 1 | 2,
  ): Promise<QueueSide & { currentBuild: string | null }> => {
    const { pollers, stats, versioningInfo } = await service.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType,
      reportPollers: true,
      reportStats: true,
    });
    return {
      pollers: pollers
        .map(({ identity, lastAccessTime, deploymentOptions }) => ({
          identity: identity ?? '',
          lastPollAt: isoOf(lastAccessTime) ?? new Date(0).toISOString(),
          build: buildOf(deploymentOptions),
        }))
        .sort((a, b) => b.lastPollAt.localeCompare(a.lastPollAt)),
      backlog: Number(stats?.approximateBacklogCount ?? 0),
      backlogAgeMs: millisecondsOf(stats?.approximateBacklogAge) ?? 0,
      addRate: stats?.tasksAddRate ?? 0,
      dispatchRate: stats?.tasksDispatchRate ?? 0,
      currentBuild: versioningInfo?.currentDeploymentVersion?.buildId ?? null,
    };
  };

  const queue = (name: string): Promise<QueueFacts> =>
    callTemporal(connection, async () => {
      const [{ currentBuild, ...workflows }, { currentBuild: _same, ...activities }, workers] =
        await Promise.all([
          side(name, QUEUE_TYPES.workflows),
          side(name, QUEUE_TYPES.activities),
          workersOf(service, namespace, name),
        ]);
      return { name, workers, currentBuild, workflows, activities };
    });

  return {
    workflow: (runId) =>
      callTemporal(connection, async () => {
        const execution = { workflowId: workflowIdOf(runId) };
        try {
          const described = await service.describeWorkflowExecution({ namespace, execution });
          const { taskIsKept, ...newest } = await newestOf(service, payloads, namespace, execution);
          const { task, ...facts } = await factsOf(described, payloads);
          return { ...facts, ...newest, task: task === null ? null : { ...task, isKept: taskIsKept } };
        } catch (error) {
          if (isNotFound(error)) return null;
          throw error;
        }
      }),

    queue: () => queue(taskQueue),
    toolQueue: () => (toolTaskQueue === null ? Promise.resolve(null) : queue(toolTaskQueue)),

    workersElsewhere: () =>
      callTemporal(connection, () =>
        workersElsewhere(service, namespace, [taskQueue, ...(toolTaskQueue === null ? [] : [toolTaskQueue])]),
      ),

    openRunsElsewhere: () =>
      callTemporal(connection, async () => {
        const query = `WorkflowType = "${AGENT_RUN_WORKFLOW}" and ExecutionStatus = "Running" and TaskQueue != "${taskQueue}"`;
        const { count } = await service.countWorkflowExecutions({ namespace, query });
        return Number(count);
      }),
  };
}

async function factsOf(
  { workflowExecutionInfo: info, pendingWorkflowTask: task, pendingActivities, pendingChildren }: Description,
  payloads: Payloads,
): Promise<
  Omit<WorkflowFacts, 'task' | 'timer' | 'taskFailure' | 'terminatedFor' | 'lastWorker'> & {
    task: Omit<NonNullable<WorkflowFacts['task']>, 'isKept'> | null;
  }
> {
  return {
    status: STATUSES[info?.status ?? 0] ?? 'unknown',
    closedAt: isoOf(info?.closeTime),
    historyEvents: Number(info?.historyLength ?? 0),
    pinnedTo: pinnedTo(info?.versioningInfo),
    children: pendingChildren.flatMap(({ workflowId }) => {
      const runId = workflowId == null ? undefined : runIdOf(workflowId);
      return runId === undefined ? [] : [runId];
    }),
    task:
      task === null || task === undefined
        ? null
        : {
            state: task.state?.valueOf() === TASK_STARTED ? 'started' : 'scheduled',
            // A task that a dead worker's own queue gave up is scheduled anew; it has waited since the first time.
            since:
              task.state?.valueOf() === TASK_STARTED
                ? isoOf(task.startedTime)
                : (isoOf(task.originalScheduledTime) ?? isoOf(task.scheduledTime)),
            offeredAt: isoOf(task.scheduledTime),
            attempt: task.attempt ?? 1,
          },
    activities: await Promise.all(pendingActivities.map((activity) => activityOf(activity, payloads))),
  };
}

type Versioning = NonNullable<Description['workflowExecutionInfo']>['versioningInfo'];

/** What somebody has decided for this run alone goes before what its worker says. */
function pinnedTo(info: Versioning): string | null {
  const override = info?.versioningOverride;
  if (override?.pinned?.version != null) return override.pinned.version.buildId ?? null;
  if (override?.autoUpgrade === true || info?.behavior?.valueOf() !== PINNED) return null;
  return info.deploymentVersion?.buildId ?? null;
}

async function activityOf(
  activity: Description['pendingActivities'][number],
  payloads: Payloads,
): Promise<PendingActivity> {
  const { lastFailure: failure } = activity;
  return {
    id: activity.activityId ?? '',
    type: activity.activityType?.name ?? '',
    taskQueue: activity.activityOptions?.taskQueue?.name ?? null,
    state: activity.state?.valueOf() === ACTIVITY_SCHEDULED ? 'scheduled' : 'started',
    attempt: activity.attempt ?? 1,
    scheduledAt: isoOf(activity.nextAttemptScheduleTime) ?? isoOf(activity.scheduledTime),
    startedAt: isoOf(activity.lastStartedTime),
    lastHeartbeatAt: isoOf(activity.lastHeartbeatTime),
    heartbeatTimeoutMs: millisecondsOf(activity.activityOptions?.heartbeatTimeout),
    lastWorker: activity.lastWorkerIdentity === '' ? null : (activity.lastWorkerIdentity ?? null),
    lastFailure:
      failure === null || failure === undefined
        ? null
        : {
            code: failure.applicationFailureInfo?.type ?? (failure.timeoutFailureInfo ? 'timed_out' : null),
            message: await payloads.message(failure),
          },
  };
}
