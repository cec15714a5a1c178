/** Makes a Temporal Schedule, or changes the one that is there; as often as wanted, from several processes at once. */
import { ScheduleClient, type Connection, type ScheduleOptions } from '@temporalio/client';
import type { Payloads } from './payloads.js';

export async function applySchedule(
  { connection, namespace, payloads }: { connection: Connection; namespace: string; payloads: Payloads },
  wanted: ScheduleOptions & { action: { workflowId: string } },
): Promise<void> {
  const client = new ScheduleClient({ connection, namespace, dataConverter: payloads.converter });
  try {
    await client.create(wanted);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ScheduleAlreadyRunning')) throw error;
    await client.getHandle(wanted.scheduleId).update(({ state }) => ({ ...wanted, state }));
  }
}
