/** What the reconcile schedule starts every few minutes. */
import { proxyActivities } from '@temporalio/workflow';
import type { ReconcileActivities, ReconcileResult } from '../contracts/reconcile.js';
import { HEARTBEAT_TIMEOUT } from './activity-options.js';

const { reconcileRuns } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
  summary: 'make records and workflows agree',
});

export const reconcile = (): Promise<ReconcileResult> => reconcileRuns();
