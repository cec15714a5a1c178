/** How activities are scheduled: time-outs, retries and the line that the Temporal Web UI shows. */
import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { ActivityCancellationType } from '@temporalio/workflow';

/**
 * Retried without end, for an outage of what perdure itself stands on must end no run. What a tool's own
 * failures may cost is counted by the activity, in the event log. The pause does not grow: it is that of an
 * activity whose worker was lost, where nothing has to recover. One that fails names its own
 * (activities/to-failure.ts).
 */
const untilItWorks = { initialInterval: '1s', backoffCoefficient: 1 } as const;

/**
 * What a killed worker held runs again after this long. The worker beats once a second from a wrapper
 * (src/worker/heartbeat.ts), so that several beats may be lost to a busy machine or a Temporal that restarts.
 */
export const HEARTBEAT_TIMEOUT = '5s';

/** For activities that only touch the record store and the workspace. */
export const recordKeeping = (summary: string): ActivityOptions => ({
  startToCloseTimeout: '60s',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: untilItWorks,
  summary,
});

/** For what a model is asked: several calls, each of which its activity ends at its own limit. */
export const modelCalls = (summary: string): ActivityOptions => ({
  ...recordKeeping(summary),
  startToCloseTimeout: '1h',
});

/**
 * The activity ends a tool at its limit by itself; the server's limit is for a worker that hangs. The margin is
 * more than a stalled database can hold up the journal's appends before and after the tool.
 */
const TIMEOUT_MARGIN_SECONDS = 90;

/** The activity's id tells which step it is of, to whoever asks Temporal what a run waits for. */
export const toolCall = (stepId: string, timeoutSeconds: number, summary: string): ActivityOptions => ({
  activityId: `step:${stepId}`,
  startToCloseTimeout: (timeoutSeconds + TIMEOUT_MARGIN_SECONDS) * 1000,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: untilItWorks,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  summary,
});

/** For one question to the model of a step. */
export const agentTurn = (stepId: string, summary: string): ActivityOptions => ({
  ...modelCalls(summary),
  activityId: `step:${stepId}`,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/**
 * For what takes milliseconds: part of the workflow task. But not for long: a workflow task that is held open
 * takes a place from other runs, and grows the history while it is. What does not succeed at once is done by an
 * activity of its own.
 */
export const inRow: LocalActivityOptions = {
  scheduleToCloseTimeout: '4s',
  retry: { maximumAttempts: 1 },
};
