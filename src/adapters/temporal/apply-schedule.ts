/** Makes a Temporal Schedule, or changes the one that is there; as often as wanted, from several processes at once. */
import { ScheduleClient, type Connection, type ScheduleOptions } from '@temporalio/client';

export async function applySchedule(
  connection: Connection,
  namespace: string,
  wanted: ScheduleOptions & { action: { workflowId: string } },
): Promise<void> {
  const client = new ScheduleClient({ connection, namespace });
  try {
    await client.create(wanted);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ScheduleAlreadyRunning')) throw error;
    await client.getHandle(wanted.scheduleId).update(({ state }) => ({ ...wanted, state }));
  }
}
