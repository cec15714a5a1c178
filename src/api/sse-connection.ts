/** One answer of server-sent events: frames, heartbeats, and a bound on what a slow reader leaves unread. */
import { once } from 'node:events';
import type { Response } from 'express';
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
import type { StreamOptions } from './context.js';

export interface SseConnection {
  /** Aborted when the client went, was too slow, or the server drains. */
  signal: AbortSignal;
  /** Resolves when there is room for more; a reader that makes none in time loses the connection. */
  send(event: RunEvent | EphemeralEvent): Promise<void>;
  comment(text: string): void;
  end(): void;
}

/** Sends the head at once, so that the client knows that it is connected before anything happens. */
export function openSse(res: Response, options: StreamOptions, draining: AbortSignal): SseConnection {
  const closed = new AbortController();
  res.once('close', () => {
    closed.abort();
  });
  const signal = AbortSignal.any([closed.signal, draining]);
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    // Nginx and those that learnt from it hold back small answers unless told.
    'X-Accel-Buffering': 'no',
  });
  res.flushHeaders();
  res.write(`retry: ${options.retryMs}\n\n`);

  const isFull = (): boolean => res.writableLength > options.maxBufferedBytes;
  const heartbeat = setInterval(() => {
    if (!isFull()) res.write(': hb\n\n');
  }, options.heartbeatMs);
  const stopHeartbeat = (): void => {
    clearInterval(heartbeat);
  };
  // Once: a listener that stays keeps a composite signal, and with it this whole answer, alive for ever.
  signal.addEventListener('abort', stopHeartbeat, { once: true });

  return {
    signal,
    async send(event) {
      if (signal.aborted) return;
      res.write(frameOf(event));
      if (!isFull()) return;
      const late = AbortSignal.timeout(options.slowReaderMs);
      await once(res, 'drain', { signal: AbortSignal.any([signal, late]) }).catch(() => undefined);
      // An orderly end would wait behind the bytes that are not read.
      if (late.aborted && isFull()) res.destroy();
    },
    comment(text) {
      if (!signal.aborted && !isFull()) res.write(`: ${text}\n\n`);
    },
    end() {
      stopHeartbeat();
      signal.removeEventListener('abort', stopHeartbeat);
      res.end();
      // The last events wait for a slow reader too, but not for ever.
      const late = setTimeout(() => res.destroy(), options.slowReaderMs);
      res.once('close', () => {
        clearTimeout(late);
      });
    },
  };
}

/** Only durable events have an id, so that Last-Event-ID never names what the log does not have. */
const frameOf = (event: RunEvent | EphemeralEvent): string =>
  `${'seq' in event ? `id: ${event.seq}\n` : ''}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
