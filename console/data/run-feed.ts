/** Follows one run for as long as somebody looks: its picture, and how the connection does. */
import { isTerminalEvent, PerdureApiError, PerdureConnectionError, type Client } from 'perdure/client';
import { serverNow } from './clock.js';
import { RunPicture } from './run-picture.js';

export type FeedState =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** @property attempt counts from 1 since it was live */
  | { kind: 'reconnecting'; attempt: number; until: number; reason: string }
  | { kind: 'ended' }
  | { kind: 'failed'; error: Error };

export interface RunFeed {
  readonly picture: RunPicture;
  readonly state: FeedState;
  /** When it was connected, the last time; what passed by before it has not heard. Null until it is. */
  readonly openedAt: number | null;
  /** Calls back once for each frame in which something has changed. */
  subscribe: (onChange: () => void) => () => void;
  /** Differs whenever something has changed. */
  version: () => number;
  /** Tries once more where it has given up. */
  again: () => void;
}

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 15_000;
/** Picture and state are kept for a moment after nobody looks, as when pages are changed. */
const LINGER_MS = 5_000;

/** @param schedule calls back once before the next picture is painted */
export function followFeed(
  client: Pick<Client, 'events'>,
  runId: string,
  schedule: (then: () => void) => void = (then) => requestAnimationFrame(then),
): RunFeed {
  const picture = new RunPicture();
  const listeners = new Set<() => void>();
  let state: FeedState = { kind: 'connecting' };
  let openedAt: number | null = null;
  let changes = 0;
  let scheduled = false;
  let following: AbortController | null = null;
  let leaving: ReturnType<typeof setTimeout> | undefined;

  const changed = (): void => {
    changes += 1;
    if (scheduled) return;
    scheduled = true;
    schedule(() => {
      scheduled = false;
      for (const listener of listeners) listener();
    });
  };
  const become = (next: FeedState): void => {
    state = next;
    changed();
  };

  const followOnce = async (signal: AbortSignal): Promise<void> => {
    const events = client.events(runId, {
      after: picture.lastSeq,
      signal,
      onResponse: () => {
        openedAt = serverNow();
        become({ kind: 'live' });
      },
      onReconnect: ({ error, delayMs }) => {
        const attempt = state.kind === 'reconnecting' ? state.attempt + 1 : 1;
        const reason = error?.message ?? 'the server ended the stream, as one that restarts does';
        become({ kind: 'reconnecting', attempt, until: serverNow() + delayMs, reason });
      },
    });
    for await (const event of events) {
      picture.apply(event);
      if (isTerminalEvent(event.type)) state = { kind: 'ended' };
      changed();
    }
  };

  const follow = async (signal: AbortSignal): Promise<void> => {
    for (let failures = 1; !isOver(signal); failures += 1) {
      try {
        await followOnce(signal);
        become({ kind: 'ended' });
        return;
      } catch (thrown) {
        if (isOver(signal)) return;
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        if (!mayPass(error)) {
          following = null;
          become({ kind: 'failed', error });
          return;
        }
        const delay = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS);
        become({
          kind: 'reconnecting',
          attempt: failures,
          until: serverNow() + delay,
          reason: error.message,
        });
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  };

  const begin = (): void => {
    if (following !== null || state.kind === 'ended') return;
    if (state.kind !== 'connecting') become({ kind: 'connecting' });
    following = new AbortController();
    void follow(following.signal);
  };

  return {
    picture,
    get state() {
      return state;
    },
    get openedAt() {
      return openedAt;
    },
    version: () => changes,
    again: begin,
    subscribe(onChange) {
      listeners.add(onChange);
      clearTimeout(leaving);
      begin();
      return () => {
        listeners.delete(onChange);
        if (listeners.size > 0) return;
        leaving = setTimeout(() => {
          following?.abort(new Error('nobody looks any more'));
          following = null;
        }, LINGER_MS);
      };
    },
  };
}

/** The stream itself comes back from what passes; this is of a first connection that could not be made. */
const mayPass = (error: Error): boolean =>
  error instanceof PerdureConnectionError ||
  (error instanceof PerdureApiError && (error.status >= 500 || tooMany.includes(error.status)));

const tooMany = [408, 425, 429];

/** A function, for it changes while something is waited for. */
const isOver = ({ aborted }: AbortSignal): boolean => aborted;
