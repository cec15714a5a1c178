/** The events of a run, over as many connections as it takes. */
import { isTerminalEvent } from '../../contracts/terminal.js';
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
import { causeOf, PerdureApiError, PerdureConnectionError } from './errors.js';
import { backOff, pause } from './pauses.js';
import { readEvents } from './read-events.js';
import { isPassingError, type CallOptions, type RequestDetails, type Requests } from './requests.js';

export interface FollowOptions extends CallOptions {
  /** The `seq` after which to begin; 0, the beginning, unless told. */
  after?: number | undefined;
  /** Milliseconds before a broken stream is asked for again; what the server says (`retry:`) unless told. */
  reconnectMs?: number | undefined;
  /** Milliseconds of silence after which a connection counts as dead; 45 s, three heartbeats, unless told. */
  silenceMs?: number | undefined;
  /** Is told of each break. */
  onReconnect?: ((attempt: Reconnect) => void) | undefined;
}

export interface Reconnect {
  /** Undefined when the server ended the stream in good order, as one that is being replaced does. */
  error: Error | undefined;
  /** The last `seq` that was delivered. */
  after: number;
  /** Milliseconds until the next try. */
  delayMs: number;
}

type Events = AsyncGenerator<RunEvent | EphemeralEvent, void, undefined>;

/** Heartbeats come every 15 seconds. */
const SILENCE_MS = 45_000;
const RECONNECT_MS = 1_000;
const MAX_RECONNECT_MS = 30_000;

/**
 * Every durable event once and in order, and what passes by meanwhile; ends after the terminal event. A stream that
 * breaks is taken up where it broke, for as long as it takes, once it could be opened.
 *
 * @throws PerdureConnectionError when the server cannot be reached to begin with; PerdureApiError for an answer that
 *   trying again does not change; the signal's reason
 */
export function followRun(requests: Requests, base: string, id: string, options: FollowOptions = {}): Events {
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
  const events = untilLeft(follow(requests, base, id, { ...options, signal }), left.signal);
  // A generator would keep whoever leaves it, while it waits for the next event, until that has come.
  const leave = events.return.bind(events);
  return Object.assign(events, {
    return: () => {
      left.abort();
      return leave();
    },
  });
}

async function* untilLeft(events: Events, left: AbortSignal): Events {
  try {
    yield* events;
  } catch (error) {
    if (!left.aborted || error !== left.reason) throw error;
  }
}

async function* follow(requests: Requests, base: string, id: string, options: FollowOptions): Events {
  const { signal, onResponse, onReconnect, silenceMs = SILENCE_MS } = options;
  let last = options.after ?? 0;
  let retryMs = RECONNECT_MS;
  let failures = 0;
  let opened = false;
  for (;;) {
    const connection = new AbortController();
    const closeWith = (): void => {
      connection.abort(signal?.reason);
    };
    signal?.addEventListener('abort', closeWith, { once: true });
    let failure: Error | undefined;
    try {
      signal?.throwIfAborted();
      const details: RequestDetails = {
        parameters: { id },
        headers: { accept: 'text/event-stream', 'last-event-id': String(last) },
        signal: connection.signal,
        onResponse,
        // Later tries are counted here.
        ...(opened ? { retries: 0 } : {}),
      };
      const response = await requests('streamEvents', details, (answer) => answer);
      if (response.status === 204) return;
      const { body } = response;
      if (body === null || !isEventStream(response))
        throw new PerdureConnectionError(base, 'does not answer with an event stream: is it perdure?');
      opened = true;
      const events = readEvents(body, {
        silenceMs,
        onRetry: (ms) => {
          retryMs = ms;
        },
        onSign: () => {
          failures = 0;
        },
      });
      for await (const event of events) {
        if ('seq' in event) {
          if (event.seq <= last) continue;
          if (event.seq !== last + 1)
            throw new Error(`sent event ${event.seq} after ${last}: what is between is missing`);
          last = event.seq;
        }
        yield event;
        if (isTerminalEvent(event.type)) return;
        // What came with the event before is not for whoever wants no more.
        signal?.throwIfAborted();
      }
    } catch (error) {
      signal?.throwIfAborted();
      // Whatever broke an open stream, there is another try; what the server says of the request itself stays so.
      if (!opened || (error instanceof PerdureApiError && !mayPass(error))) throw error;
      failure =
        error instanceof PerdureApiError || error instanceof PerdureConnectionError
          ? error
          : new PerdureConnectionError(base, `broke off the events: ${causeOf(error)}`, { cause: error });
    } finally {
      signal?.removeEventListener('abort', closeWith);
      connection.abort();
    }
    const asked = failure instanceof PerdureApiError ? (failure.retryAfterSeconds ?? 0) * 1_000 : 0;
    const first = options.reconnectMs ?? retryMs;
    const delayMs = Math.max(backOff(failures, first, MAX_RECONNECT_MS), asked);
    failures += 1;
    onReconnect?.({ error: failure, after: last, delayMs });
    await pause(delayMs, signal);
  }
}

const mayPass = (error: PerdureApiError): boolean => error.status >= 500 || isPassingError(error);

const isEventStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') === true;
