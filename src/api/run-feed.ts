/**
 * The newest events of one run, in order and without gap, for all streams of this process that follow it: one
 * subscription, one reading of the log, one serialisation, however many listen.
 */
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
import type { EventBus } from '../ports/event-bus.js';
import { frameOf, type EventFrame } from './event-frame.js';

export interface FeedListener {
  /** Takes every frame from where the feed stood when the listener joined; may leave while it is told. */
  take(frame: EventFrame): void;
  /** The log cannot be read at present; told once an outage. */
  onTrouble(): void;
}

export interface FeedOptions {
  bus: EventBus;
  runId: string;
  /** The `seq` that the feed begins after. */
  after: number;
  /** Frames after a `seq`, at most `BATCH`. */
  read: (after: number) => Promise<EventFrame[]>;
  /** While the bus is away. */
  pollMs: () => number;
  /** While it works; of a quiet run up to eight times that. */
  safetyPollMs: number;
  onLogFailure: (error: unknown) => void;
  /** Told of each durable event that the feed has passed on as it came, with when it happened. */
  onDelivered: (at: string) => void;
}

/** Events of one read of the log. */
export const BATCH = 200;
/** Messages that wait while the log is read; of what does not fit, durable ones are read from the log later. */
const MAX_EARLY = 500;
const MAX_BACK_OFF_MS = 10_000;
const MAX_QUIET = 8;

export class RunFeed {
  /** The last `seq` that the listeners were given. */
  head: number;
  private readonly listeners = new Set<FeedListener>();
  private readonly unsubscribe: () => void;
  private early: (RunEvent | EphemeralEvent)[] = [];
  private reading = false;
  private mustRead = false;
  /** Ephemeral events belong to now: they are passed on only once the past has been told. */
  private live = false;
  private subscribed = false;
  private failures = 0;
  /** How many looks into the log in a row have found nothing. */
  private quiet = 0;
  private lastRead = 0;
  /** Spreads what would else happen to thousands of feeds at once. */
  private readonly jitter = 0.8 + Math.random() * 0.4;
  private closed = false;

  constructor(private readonly options: FeedOptions) {
    this.head = options.after;
    this.unsubscribe = options.bus.subscribe(options.runId, {
      onEvent: (event) => {
        this.onEvent(event);
      },
      // Subscribed first and read then, nothing falls between the two.
      onReady: () => {
        this.subscribed = true;
        this.readSoon();
      },
    });
    // A bus that is away may take long: then the first read is the poll's.
    this.lastRead = Date.now();
  }

  join(listener: FeedListener): void {
    this.listeners.add(listener);
  }

  leave(listener: FeedListener): void {
    this.listeners.delete(listener);
  }

  close(): void {
    this.closed = true;
    this.unsubscribe();
  }

  /** Reads the log when it is time to; called again and again by the one who keeps the feeds. */
  tick(now: number): void {
    if (!this.reading && now - this.lastRead >= this.interval()) this.readSoon();
  }

  private interval(): number {
    const { bus, pollMs, safetyPollMs } = this.options;
    if (this.failures > 0)
      return Math.min(pollMs() * 2 ** (this.failures - 1), MAX_BACK_OFF_MS) * this.jitter;
    if (!this.subscribed || !bus.healthy()) return pollMs() * this.jitter;
    return safetyPollMs * Math.min(2 ** Math.max(this.quiet - 1, 0), MAX_QUIET) * this.jitter;
  }

  private onEvent(event: RunEvent | EphemeralEvent): void {
    const seq = 'seq' in event ? event.seq : null;
    if (seq !== null && seq <= this.head) return;
    if (seq === null && !this.live) return;
    if (!this.reading && (seq === null || seq === this.head + 1)) {
      this.pass(frameOf(event));
      return;
    }
    if (this.early.length < MAX_EARLY) this.early.push(event);
    else if (seq !== null) this.mustRead = true;
    // A message was lost. It was logged before it was published, so the log has all up to this one.
    if (!this.reading) this.readSoon();
  }

  private pass(frame: EventFrame): void {
    if (frame.seq !== null) {
      this.head = frame.seq;
      this.quiet = 0;
    }
    for (const listener of this.listeners) listener.take(frame);
    if (this.live && frame.seq !== null) this.options.onDelivered(frame.event.at);
  }

  private readSoon(): void {
    if (this.reading) this.mustRead = true;
    else if (!this.closed) void this.readLog();
  }

  private async readLog(): Promise<void> {
    this.reading = true;
    try {
      do {
        this.mustRead = false;
        const before = this.head;
        const frames = await this.options.read(before);
        // What the log no longer has, nobody can be given.
        for (const frame of frames) if ((frame.seq ?? 0) > this.head) this.pass(frame);
        this.failures = 0;
        if (frames.length === BATCH) this.mustRead = true;
        else this.live = true;
        if (this.head === before) this.quiet += 1;
        this.passEarly();
      } while (this.needsRead());
    } catch (error) {
      if (this.failures === 0) {
        this.options.onLogFailure(error);
        for (const listener of this.listeners) listener.onTrouble();
      }
      this.failures += 1;
    } finally {
      this.lastRead = Date.now();
      this.reading = false;
    }
  }

  private passEarly(): void {
    const early = this.early;
    this.early = [];
    for (const event of early) {
      if (!('seq' in event) || event.seq === this.head + 1) this.pass(frameOf(event));
      else if (event.seq > this.head) this.mustRead = true;
    }
  }

  private needsRead(): boolean {
    return this.mustRead && !this.closed;
  }
}
