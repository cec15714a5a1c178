/** What people have told a run so far, for the models that carry it out. */
import { MAX_MESSAGES, messageKey } from '../contracts/messages.js';
import type { EventLog } from '../src/ports/event-log.js';

const keys = Array.from({ length: MAX_MESSAGES }, (_, i) => messageKey(i + 1));

/** The oldest first. */
export async function messagesOf(log: Pick<EventLog, 'find'>, runId: string): Promise<string[]> {
  const events = await log.find(runId, keys);
  return events
    .toSorted((a, b) => a.seq - b.seq)
    .flatMap((event) => (event.type === 'message.received' ? [event.text] : []));
}
