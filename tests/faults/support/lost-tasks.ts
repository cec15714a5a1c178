/** Workflow tasks that a killed worker held, by a workflow's history: how long until Temporal gave them up. */
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** The fields that are read here, of an event as Temporal writes it in JSON. */
interface HistoryEvent {
  eventTime: string;
  workflowTaskStartedEventAttributes?: { identity: string };
  workflowTaskTimedOutEventAttributes?: { timeoutType: string };
}

/**
 * @param killedAt of a worker's process, in milliseconds since 1970
 * @returns milliseconds from the kill, for each task
 */
export async function lostTasks(
  temporal: Client,
  workflowId: string,
  killedAt: (pid: number) => number | undefined,
): Promise<number[]> {
  const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
  const { events } = JSON.parse(historyToJSON(history)) as { events: HistoryEvent[] };
  const lost: number[] = [];
  let holder: number | undefined;
  for (const event of events) {
    const identity = event.workflowTaskStartedEventAttributes?.identity;
    if (identity !== undefined) holder = Number.parseInt(identity, 10);
    if (event.workflowTaskTimedOutEventAttributes?.timeoutType !== 'TIMEOUT_TYPE_START_TO_CLOSE') continue;
    const killed = holder === undefined ? undefined : killedAt(holder);
    if (killed !== undefined) lost.push(Math.max(0, Date.parse(event.eventTime) - killed));
  }
  return lost;
}
