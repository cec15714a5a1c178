/** One event as it goes out over SSE, serialised once for all who listen. */
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
import { isTerminalEvent } from '../../contracts/terminal.js';

export interface EventFrame {
  event: RunEvent | EphemeralEvent;
  /** Null for an ephemeral event: only durable ones have an id, so that Last-Event-ID never names what the log lacks. */
  seq: number | null;
  /** After it the stream ends. */
  terminal: boolean;
  text: string;
}

export function frameOf(event: RunEvent | EphemeralEvent): EventFrame {
  const seq = 'seq' in event ? event.seq : null;
  const id = seq === null ? '' : `id: ${seq}\n`;
  return {
    event,
    seq,
    terminal: seq !== null && isTerminalEvent(event.type),
    text: `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  };
}
