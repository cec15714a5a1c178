/** The Temporal Schedule that starts retention once a day. */
import { ScheduleClient, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Connection, ScheduleOptions } from '@temporalio/client';
import { applySchedule } from './apply-schedule.js';
import type { Payloads } from './payloads.js';
import { RETENTION_SCHEDULE, RETENTION_WORKFLOW, type RetentionInput } from '../../../contracts/retention.js';

export interface RetentionScheduleOptions {
  connection: Connection;
  namespace: string;
  payloads: Payloads;
  taskQueue: string;
  retention: RetentionInput;
}

/** Makes or changes the schedule to what is configured, and removes it where nothing is to be deleted. */
export async function applyRetentionSchedule(options: RetentionScheduleOptions): Promise<void> {
  const { connection, namespace, payloads, taskQueue, retention } = options;
  const client = new ScheduleClient({ connection, namespace });
  const handle = client.getHandle(RETENTION_SCHEDULE);
  if (Object.values(retention).every((days) => days === null)) {
    await handle.delete().catch(unlessNotFound);
    return;
  }
  const wanted = {
    scheduleId: RETENTION_SCHEDULE,
    // In the night of most of those who use it; not on the hour, when everybody's jobs start.
    spec: { calendars: [{ hour: 3, minute: 17 }] },
    action: {
      type: 'startWorkflow',
      workflowType: RETENTION_WORKFLOW,
      workflowId: RETENTION_SCHEDULE,
      taskQueue,
      args: [retention],
      workflowExecutionTimeout: '23h',
    },
    // The next day does what one day did not come to; after an outage nothing is made up for.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1h' },
  } satisfies ScheduleOptions;
  await applySchedule({ connection, namespace, payloads }, wanted);
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}
