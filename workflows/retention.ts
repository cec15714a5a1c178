/** What the retention schedule starts once a day: one activity, tried until the next day is near. */
import { proxyActivities } from '@temporalio/workflow';
import type { RetentionActivities, RetentionInput, RetentionResult } from '../contracts/retention.js';
import { HEARTBEAT_TIMEOUT } from './activity-options.js';

const { runRetention } = proxyActivities<RetentionActivities>({
  startToCloseTimeout: '6h',
  scheduleToCloseTimeout: '20h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10m' },
  summary: 'delete what is older than it must be kept',
});

export const retention = (input: RetentionInput): Promise<RetentionResult> => runRetention(input);
