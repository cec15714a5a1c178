/** The Temporal Schedule that compares records with workflows every five minutes. */
import { ScheduleOverlapPolicy, type Connection } from '@temporalio/client';
import { RECONCILE_SCHEDULE, RECONCILE_WORKFLOW } from '../../../contracts/reconcile.js';
import { applySchedule } from './apply-schedule.js';
import type { Payloads } from './payloads.js';

export const applyReconcileSchedule = (
  place: { connection: Connection; namespace: string; payloads: Payloads },
  taskQueue: string,
): Promise<void> =>
  applySchedule(place, {
    scheduleId: RECONCILE_SCHEDULE,
    spec: { intervals: [{ every: '5m' }] },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILE_WORKFLOW,
      workflowId: RECONCILE_SCHEDULE,
      taskQueue,
      workflowExecutionTimeout: '2h',
    },
    // One looks at everything: what was skipped is not made up for.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
  });
