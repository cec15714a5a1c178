/** The Temporal Schedule that compares records with workflows every five minutes. */
import { ScheduleOverlapPolicy, type Connection } from '@temporalio/client';
import { RECONCILE_SCHEDULE, RECONCILE_WORKFLOW } from '../../../contracts/reconcile.js';
import { applySchedule } from './apply-schedule.js';

export const applyReconcileSchedule = (
  connection: Connection,
  namespace: string,
  taskQueue: string,
): Promise<void> =>
  applySchedule(connection, namespace, {
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
