/** The feeds of all runs that somebody follows, and how a stream gets from its own past into its run's feed. */
import pLimit from 'p-limit';
import { PerdureError } from '../../contracts/errors.js';
import type { EventBus } from '../ports/event-bus.js';
import type { EventLog } from '../ports/event-log.js';
import type { Logger } from '../ports/logger.js';
import type { ApiMeter } from '../ports/meters.js';
import type { StreamOptions } from './stream-options.js';
import { frameOf, type EventFrame } from './event-frame.js';
import { BATCH, RunFeed, type FeedListener } from './run-feed.js';
import type { SseConnection } from './sse-connection.js';

export interface FollowOptions {
  runId: string;
  /** The last `seq` the reader has. */
  after: number;
  /** The last `seq` that the run's record tells of; not below `after`. */
  lastSeq: number;
  connection: SseConnection;
  /** How an event is written, asked once for each in order; empty for one that is left out. */
  textOf: (frame: EventFrame) => string;
}

export interface RunFeeds {
  /** Writes events until the terminal one, or until the connection has closed; then ends it. Returns at once. */
  follow(options: FollowOptions): void;
  /**
   * Calls back when the run's terminal event passes by from now on.
   * @param lastSeq that the run's record tells of
   * @returns how to stop listening; to be called once
   */
  onEnd(runId: string, lastSeq: number, ended: () => void): () => void;
}

export interface RunFeedsOptions {
  log: EventLog;
  bus: EventBus;
  streams: Pick<StreamOptions, 'pollMs' | 'safetyPollMs'>;
  logger: Logger;
  meter: Pick<ApiMeter, 'delivered'>;
}

/** So that thousands of feeds that must read at once leave the database to others too. */
const READS_AT_ONCE = 10;
/** Of all feeds together while the bus is away. */
const MAX_POLLS_PER_MS = 0.5;

const LAG_MS = 1_000;
/** Events of a read by one who has little room. */
const SMALLEST_BATCH = 10;

interface Entry {
  feed: RunFeed;
  followers: number;
  /** Reads of the log under way, by the `seq` after which they read, and how many: those who want the same share it. */
  reads: Map<string, Promise<EventFrame[]>>;
}

export function createRunFeeds({ log, bus, streams, logger, meter }: RunFeedsOptions): RunFeeds {
  const entries = new Map<string, Entry>();
  const limit = pLimit(READS_AT_ONCE);
  let ticker: NodeJS.Timeout | undefined;

  const enter = (runId: string, after: number): Entry => {
    const known = entries.get(runId);
    if (known !== undefined) {
      known.followers += 1;
      return known;
    }
    const reads: Entry['reads'] = new Map();
    const feed = new RunFeed({
      bus,
      runId,
      after,
      read: (seq) => read(runId, reads, seq, BATCH),
      pollMs: () => Math.max(streams.pollMs, entries.size / MAX_POLLS_PER_MS),
      safetyPollMs: streams.safetyPollMs,
      onDelivered: (at) => {
        meter.delivered((Date.now() - Date.parse(at)) / 1_000);
      },
      onLogFailure: (error) => {
        logger.warn({ err: error, runId }, 'event streams wait for the log');
      },
    });
    const entry: Entry = { feed, followers: 1, reads };
    entries.set(runId, entry);
    // One timer for all feeds.
    ticker ??= setInterval(
      () => {
        const now = Date.now();
        for (const each of entries.values()) each.feed.tick(now);
      },
      Math.ceil(streams.pollMs / 4),
    );
    return entry;
  };

  const exit = (runId: string, entry: Entry): void => {
    entry.followers -= 1;
    if (entry.followers > 0) return;
    entry.feed.close();
    entries.delete(runId);
    if (entries.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
  };

  const read: Shared['read'] = (runId, reads, after, count) => {
    const wanted = `${after}/${count}`;
    const known = reads.get(wanted);
    if (known !== undefined) return known;
    const started = limit(async () => (await log.read(runId, after, count)).map(frameOf)).finally(() =>
      reads.delete(wanted),
    );
    reads.set(wanted, started);
    return started;
  };

  const shared: Shared = { read, exit, logger };
  return {
    onEnd(runId, lastSeq, ended) {
      const entry = enter(runId, lastSeq);
      const listener: FeedListener = {
        take(frame) {
          if (frame.terminal) ended();
        },
        onTrouble: () => undefined,
      };
      entry.feed.join(listener);
      return () => {
        entry.feed.leave(listener);
        exit(runId, entry);
      };
    },
    follow({ runId, after, lastSeq, connection, textOf }) {
      // A little of the past comes with the feed's first read; of more, only this reader needs it.
      const entry = enter(runId, lastSeq - after <= BATCH ? after : lastSeq);
      new Follower(runId, entry, after, connection, textOf, shared).begin();
    },
  };
}

/** What all followers have in common. */
interface Shared {
  read: (runId: string, reads: Entry['reads'], after: number, count: number) => Promise<EventFrame[]>;
  exit: (runId: string, entry: Entry) => void;
  logger: Logger;
}

/** One stream. A single object, and no closures but one, while it waits: there are thousands. */
class Follower implements FeedListener {
  /** Events that its next read of the log asks for: of large ones as many as it had room for. */
  private batch = BATCH;

  constructor(
    private readonly runId: string,
    private readonly entry: Entry,
    /** The last `seq` that the reader was given. */
    private seq: number,
    private readonly connection: SseConnection,
    private readonly textOf: FollowOptions['textOf'],
    private readonly shared: Shared,
  ) {}

  begin(): void {
    this.goOn().catch((error: unknown) => {
      this.shared.logger.error({ err: error, runId: this.runId }, 'an event stream ended by a defect');
      this.end();
    });
  }

  take(frame: EventFrame): void {
    // Of what the reader has already, the feed may still be told by the log.
    if (frame.seq !== null && frame.seq <= this.seq) return;
    const hasRoom = this.connection.write(this.textOf(frame));
    this.seq = frame.seq ?? this.seq;
    if (frame.terminal || !hasRoom) this.leave(frame.terminal);
  }

  onTrouble(): void {
    this.connection.comment('the event log cannot be read; trying again');
  }

  /** Reads the log until the reader is where the feed is, and has the feed tell it from there on. */
  private async goOn(): Promise<void> {
    while (await this.connection.hasRoom()) {
      if (this.seq >= this.entry.feed.head) {
        this.connection.onClosed = () => {
          this.leave(false);
        };
        this.entry.feed.join(this);
        return;
      }
      if (await this.catchUp()) break;
    }
    this.end();
  }

  /** After the terminal event, or when the reader is too slow for the present and has to catch up. */
  private leave(ended: boolean): void {
    this.entry.feed.leave(this);
    this.connection.onClosed = null;
    if (ended) this.end();
    else this.begin();
  }

  private end(): void {
    this.shared.exit(this.runId, this.entry);
    this.connection.end();
  }

  /** One read of the log. @returns whether nothing comes after it */
  private async catchUp(): Promise<boolean> {
    const { connection } = this;
    try {
      const frames = await this.shared.read(this.runId, this.entry.reads, this.seq, this.batch);
      // A log that lags behind what it has told is asked again, but not at once.
      if (frames.length === 0) await connection.pause(LAG_MS);
      let [written, hasRoom] = [0, true];
      for (const frame of frames) {
        if (frame.seq === null) break;
        hasRoom = connection.write(this.textOf(frame));
        written += 1;
        this.seq = frame.seq;
        if (frame.terminal) return true;
        // What does not fit is read anew when there is room: a slow reader keeps in memory what it was written, and no more.
        if (!hasRoom) break;
      }
      this.batch = hasRoom ? Math.min(2 * this.batch, BATCH) : Math.max(written, SMALLEST_BATCH);
    } catch (error) {
      // The events are gone for good: whoever comes back is told.
      if (error instanceof PerdureError && !error.retryable) return true;
      // The feed that this reader wants to reach tells of the log's outage; here it is waited for.
      connection.comment('the event log cannot be read; trying again');
      await connection.pause(LAG_MS);
    }
    return false;
  }
}
