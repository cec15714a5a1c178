/**
 * The event bus over Redis pub/sub, for processes apart. Nothing is stored in Redis: losing it or flushing it costs
 * wake-ups, and the log is read instead.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import type { EventBus } from '../../ports/event-bus.js';
import type { Logger } from '../../ports/logger.js';
import { createChannels } from './channels.js';
import { openConnection, type Connection, type RedisAddress, type RedisTimes } from './connection.js';
import { failureWords } from './failure-words.js';

export interface RedisEventBus extends EventBus {
  close(): void;
}

const PREFIX = 'perdure:';
const channelOf = (runId: string): string => `${PREFIX}run:${runId}`;
/** Whoever publishes here could not publish for a while: every listener of every process reads the log. */
const GAP = `${PREFIX}gap`;
/** In the place of an event that is too large to be sent: the log has it. */
const READ_THE_LOG = 'read';

/** A subscriber that is slow is cut off at 8 MB; hosted Redis refuses requests above 1 MB. */
const MAX_MESSAGE_CHARS = 256_000;
/** Of messages whose answer is out: a Redis that stands still must not fill our memory. */
const MAX_UNANSWERED_CHARS = 4_000_000;
const RETRY_REFUSED_MS = 10_000;
const CHECK_MS = 2_000;
/** As long as a connection may take. */
const FIRST_WORD_MS = 5_000;

/**
 * Returns at once; connects, and connects again, for as long as it is open.
 * @throws Error when the CA file cannot be read
 */
export function openRedisEventBus(
  address: RedisAddress,
  logger: Logger,
  times?: Partial<RedisTimes>,
): RedisEventBus {
  const own = `${PREFIX}check:${randomUUID()}`;
  const probes = new Map<string, () => void>();
  let unanswered = 0;
  let hasLost = false;
  const retries = new Map<string, NodeJS.Timeout>();
  let closed = false;

  /** What the server refused may be allowed a little later: an ACL that is mended mends us. */
  const later = (what: 'publish' | 'subscribe', act: () => void): void => {
    clearTimeout(retries.get(what));
    retries.set(what, setTimeout(act, RETRY_REFUSED_MS));
  };

  const publisher = openConnection({
    ...address,
    name: 'publisher',
    logger,
    times,
    onReady: () => {
      introduce();
    },
    onAway: () => undefined,
  });
  const subscriber = openConnection({
    ...address,
    name: 'subscriber',
    logger,
    times,
    onReady: () => {
      channels.connected();
    },
    onAway: () => {
      channels.away();
    },
  });

  const channels = createChannels(subscriber.client, (error) => {
    subscriber.outage.begin(failureWords(error), error);
    later('subscribe', () => {
      channels.away();
      if (isUp(subscriber)) channels.connected();
    });
  });
  channels.add(own, {
    onText: (text) => probes.get(text)?.(),
    onReady: () => {
      subscriber.outage.end();
    },
  });
  channels.add(GAP, {
    onText: () => {
      channels.announceGap();
    },
    onReady: () => undefined,
  });

  /** @returns whether Redis took it; never rejects */
  const send = async (channel: string, text: string): Promise<boolean> => {
    unanswered += text.length;
    try {
      await publisher.client.publish(channel, text);
      publisher.outage.end();
      return true;
    } catch (error) {
      // What went wrong with the connection is told when it closes.
      if (isUp(publisher)) publisher.outage.begin(failureWords(error), error);
      return false;
    } finally {
      unanswered -= text.length;
    }
  };

  /** The first message of a connection: shows that this user may publish, and tells of what was lost before. */
  const introduce = (): void => {
    const mustTell = hasLost;
    hasLost = false;
    void send(mustTell ? GAP : own, 'hello').then((isSent) => {
      if (isSent || closed) return;
      hasLost ||= mustTell;
      if (isUp(publisher))
        later('publish', () => {
          if (isUp(publisher)) introduce();
        });
    });
  };

  const publish = async (runId: string, text: string): Promise<void> => {
    if (!(await send(channelOf(runId), text))) hasLost = true;
    else if (hasLost) introduce();
  };

  // The listeners of a channel get one text after each other, and the same object.
  let parsed: { text: string; event: RunEvent | EphemeralEvent | null } = { text: '', event: null };
  const parse = (text: string, runId: string): RunEvent | EphemeralEvent | null => {
    if (text !== parsed.text) parsed = { text, event: eventIn(text) };
    return parsed.event?.runId === runId ? parsed.event : null;
  };

  /** One that was just opened has not failed: its first word, good or bad, is waited for. */
  const untilAnswered = async (): Promise<void> => {
    const deadline = Date.now() + FIRST_WORD_MS;
    const isOpen = (): boolean => isUp(publisher) && channels.isConfirmed(own);
    const hasFailed = (): boolean => [publisher, subscriber].some(({ outage }) => outage.hasBegun());
    while (!isOpen() && !hasFailed() && !closed && Date.now() < deadline) await sleep(20);
  };

  const problem = (): string | null => {
    if (!channels.isConfirmed(own)) return subscriber.outage.reason() ?? 'Redis has not answered yet';
    return publisher.outage.reason();
  };

  return {
    publish(runId: string, event: RunEvent | EphemeralEvent) {
      if (!isUp(publisher) || unanswered > MAX_UNANSWERED_CHARS) {
        hasLost = true;
        return;
      }
      const text = JSON.stringify(event);
      if (text.length <= MAX_MESSAGE_CHARS) void publish(runId, text);
      else if ('seq' in event) void publish(runId, READ_THE_LOG);
    },

    subscribe(runId, listener) {
      return channels.add(channelOf(runId), {
        onText(text) {
          try {
            if (text === READ_THE_LOG) listener.onReady();
            else {
              const event = parse(text, runId);
              if (event !== null) listener.onEvent(event);
            }
          } catch {
            // The log has the event; one listener's fault is neither the publisher's nor the next one's.
          }
        },
        onReady: () => {
          listener.onReady();
        },
      });
    },

    healthy: () => problem() === null,
    problem,

    async check() {
      await untilAnswered();
      const token = randomUUID();
      let timer: NodeJS.Timeout | undefined;
      try {
        await new Promise<void>((resolve, reject) => {
          const fail = (): void => {
            reject(new Error(problem() ?? 'a message that was published did not come back'));
          };
          timer = setTimeout(fail, CHECK_MS);
          probes.set(token, resolve);
          void send(own, token).then((isSent) => {
            if (!isSent) fail();
          });
        });
      } finally {
        clearTimeout(timer);
        probes.delete(token);
      }
    },

    close() {
      closed = true;
      for (const retry of retries.values()) clearTimeout(retry);
      publisher.close();
      subscriber.close();
    },
  };
}

const isUp = ({ client }: Connection): boolean => client.status === 'ready';

/** Only those with REDIS_URL's password publish here; what is not an event is a message of another version. */
function eventIn(text: string): RunEvent | EphemeralEvent | null {
  try {
    const event: unknown = JSON.parse(text);
    if (typeof event !== 'object' || event === null || !('type' in event) || !('runId' in event)) return null;
    if (typeof event.type !== 'string') return null;
    if ('seq' in event && !Number.isSafeInteger(event.seq)) return null;
    return event as RunEvent | EphemeralEvent;
  } catch {
    return null;
  }
}
