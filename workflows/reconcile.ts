/** What the reconcile schedule starts every few minutes. */
import { proxyActivities } from '@temporalio/workflow';
import type { ReconcileActivities, ReconcileResult } from '../contracts/reconcile.js';

const { reconcileRuns } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '60s',
  retry: { initialInterval: '10s', backoffCoefficient: 2, maximumInterval: '1m' },
  summary: 'make records and workflows agree',
});

export const reconcile = (): Promise<ReconcileResult> => reconcileRuns();
