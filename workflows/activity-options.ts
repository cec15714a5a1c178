/** How activities are scheduled: time-outs, retries and the line that the Temporal Web UI shows. */
import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { ActivityCancellationType } from '@temporalio/workflow';

/**
 * Retried without end, for an outage of what perdure itself stands on must end no run. What a tool's own
 * failures may cost is counted by the activity, in the event log.
 */
const untilItWorks = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' } as const;

/** For activities that only touch the record store and the workspace. */
export const recordKeeping = (summary: string): ActivityOptions => ({
  startToCloseTimeout: '60s',
  retry: untilItWorks,
  summary,
});

/** The activity ends a tool at its limit by itself; the server's limit is for a worker that hangs. */
const TIMEOUT_MARGIN_SECONDS = 60;

export const toolCall = (timeoutSeconds: number, summary: string): ActivityOptions => ({
  startToCloseTimeout: (timeoutSeconds + TIMEOUT_MARGIN_SECONDS) * 1000,
  heartbeatTimeout: '10s',
  retry: untilItWorks,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  summary,
});

/** Decided from what is known, within milliseconds: part of the workflow task. */
export const supervision: LocalActivityOptions = { startToCloseTimeout: '30s', retry: untilItWorks };
