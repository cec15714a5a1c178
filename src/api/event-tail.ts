/** A run's events in order, without gap or duplicate: what the log has, then what the bus tells. */
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
import { isTerminalEvent } from '../../contracts/events.js';
import type { EventBus } from '../ports/event-bus.js';
import type { EventLog } from '../ports/event-log.js';
import { createWakeUp } from './wake-up.js';

export interface TailOptions {
  log: EventLog;
  bus: EventBus;
  runId: string;
  /** The last `seq` the reader has. */
  after: number;
  pollMs: number;
  safetyPollMs: number;
  signal: AbortSignal;
  /** Takes one event; the tail waits for it, and keeps what comes meanwhile within bounds. */
  send: (event: RunEvent | EphemeralEvent) => Promise<void>;
  /** The log could not be read; the tail goes on trying. */
  onLogFailure: (error: unknown) => void;
}

/** Events of one read of the log. */
const BATCH = 200;
/** Events that wait for a slow reader; of what does not fit, durable ones are read from the log later. */
const MAX_PENDING = 500;
const MAX_BACK_OFF_MS = 10_000;

/** Resolves after the terminal event was sent, or once the signal aborts. */
export async function tailRun(options: TailOptions): Promise<void> {
  const { log, bus, runId, signal, send } = options;
  const wakeUp = createWakeUp(signal);
  let lastSeq = options.after;
  let pending: (RunEvent | EphemeralEvent)[] = [];
  let mustRead = true;
  // Ephemeral events belong to now: they are passed on only once the past has been told.
  let live = false;
  let subscribed = false;
  const isSubscribed = (): boolean => subscribed;
  let failures = 0;
  let lastRead = 0;

  const listener = (event: RunEvent | EphemeralEvent): void => {
    if ('seq' in event) {
      if (event.seq <= lastSeq) return;
    } else if (!live) return;
    if (pending.length < MAX_PENDING) pending.push(event);
    else if ('seq' in event) mustRead = true;
    wakeUp.wake();
  };

  /** @returns true after the terminal event */
  const pass = async (event: RunEvent): Promise<boolean> => {
    await send(event);
    lastSeq = event.seq;
    return isTerminalEvent(event.type);
  };

  const readLog = async (): Promise<'ended' | 'more' | 'caught up'> => {
    mustRead = false;
    const events = await log.read(runId, lastSeq, BATCH);
    for (const event of events) {
      if (signal.aborted) return 'ended';
      if (event.seq > lastSeq && (await pass(event))) return 'ended';
    }
    lastRead = Date.now();
    if (events.length === BATCH) return 'more';
    live = true;
    return 'caught up';
  };

  const readPending = async (): Promise<'ended' | 'caught up'> => {
    const events = pending;
    pending = [];
    for (const event of events) {
      if (signal.aborted) return 'ended';
      if (!('seq' in event)) await send(event);
      else if (event.seq === lastSeq + 1) {
        if (await pass(event)) return 'ended';
      } else if (event.seq > lastSeq) {
        // A message was lost. It was logged before it was published, so the log has all up to this one.
        mustRead = true;
      }
    }
    return 'caught up';
  };

  // A bus that is away may take long to subscribe: until it has, the log is polled.
  const subscription = bus.subscribe(runId, listener).then(
    (unsubscribe) => {
      subscribed = true;
      mustRead = true;
      wakeUp.wake();
      return unsubscribe;
    },
    () => undefined,
  );
  try {
    // Subscribed first and read then, nothing falls between the two.
    await wakeUp.wait(options.pollMs);
    while (!signal.aborted) {
      if (needsRead()) {
        try {
          const state = await readLog();
          failures = 0;
          if (state === 'ended') return;
          if (state === 'more') mustRead = true;
        } catch (error) {
          mustRead = true;
          if (failures === 0) options.onLogFailure(error);
          failures += 1;
          await wakeUp.sleep(Math.min(options.pollMs * 2 ** (failures - 1), MAX_BACK_OFF_MS));
        }
        continue;
      }
      if ((await readPending()) === 'ended') return;
      // eslint sees no change of these across the await; the listener makes it.
      if (needsRead() || pending.length > 0) continue;
      await wakeUp.wait(options.pollMs);
      const quiet = Date.now() - lastRead;
      if (quiet >= (isSubscribed() && bus.healthy() ? options.safetyPollMs : options.pollMs)) mustRead = true;
    }
  } finally {
    wakeUp.release();
    void subscription.then((unsubscribe) => unsubscribe?.());
  }

  function needsRead(): boolean {
    return mustRead;
  }
}
