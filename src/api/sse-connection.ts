/** Answers of server-sent events: heartbeats, and a bound on what a slow reader leaves unread. */
import type { Response } from 'express';
import type { ApiMeter } from '../ports/meters.js';
import type { Principal } from '../../contracts/principal.js';
import { OpenStreams } from './open-streams.js';
import type { StreamOptions } from './stream-options.js';

export interface SseConnection {
  /** Called once, when the client went, was too slow, its sign-in has expired, or the server drains. */
  onClosed: (() => void) | null;
  readonly closed: boolean;
  /** @returns false when the reader has left so much unread that nothing more should be written for now */
  write(text: string): boolean;
  /** Resolves at once, or when a slow reader has made room; false when the connection has closed. */
  hasRoom(): Promise<boolean>;
  /** Resolves after that time, or when the connection has closed. */
  pause(ms: number): Promise<void>;
  comment(text: string): void;
  end(): void;
}

/** Whom a stream is told to, and when it ends, for they must sign in anew: milliseconds since 1970. */
export type Reader = Pick<Principal, 'tenantId' | 'expiresAt'>;

export interface SseConnections {
  /** @throws PerdureError `stream_limit_reached` when the tenant may open no more */
  requireRoom(tenantId: string): void;
  /** Sends the head at once, so that the client knows that it is connected before anything happens. */
  open(res: Response, reader: Reader): SseConnection;
}

/** Clients of a server that drains come back over this many times `retryMs`, not all at once. */
const DRAIN_SPREAD = 3;
const MAX_TIMER_MS = 2 ** 31 - 1;
const HEARTBEAT = ': hb\n\n';

export function createSseConnections(
  options: StreamOptions,
  draining: AbortSignal,
  meter: Pick<ApiMeter, 'streamOpened' | 'streamClosed'>,
): SseConnections {
  const heartbeats = new HeartbeatWheel(options.heartbeatMs);
  const outbox = new Outbox();
  const open = new Set<Connection>();
  const streams = new OpenStreams(options.maxOfTenant);
  draining.addEventListener(
    'abort',
    () => {
      for (const connection of [...open]) {
        const retry = Math.round(options.retryMs * (1 + Math.random() * DRAIN_SPREAD));
        connection.closeWith(`retry: ${retry}\n\n`);
      }
    },
    { once: true },
  );
  return {
    requireRoom: (tenantId) => {
      streams.requireRoom(tenantId);
    },
    open(res, { tenantId, expiresAt }) {
      const connection = new Connection(res, options, outbox, () => {
        heartbeats.remove(connection);
        open.delete(connection);
        streams.remove(tenantId);
        meter.streamClosed();
      });
      meter.streamOpened();
      streams.add(tenantId);
      heartbeats.add(connection);
      open.add(connection);
      if (expiresAt !== null) connection.expireAt(expiresAt);
      return connection;
    },
  };
}

class Connection implements SseConnection {
  onClosed: (() => void) | null = null;
  closed = false;
  private expiry: NodeJS.Timeout | undefined;
  /** Written in this turn, and to be handed on at its end. */
  private pending = '';

  constructor(
    private readonly res: Response,
    private readonly options: StreamOptions,
    private readonly outbox: Outbox,
    private readonly onGone: () => void,
  ) {
    res.once('close', () => {
      this.close();
    });
    res.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      // Nginx and those that learnt from it hold back small answers unless told.
      'X-Accel-Buffering': 'no',
    });
    this.write(`retry: ${options.retryMs}\n\n`);
  }

  write(text: string): boolean {
    if (this.closed) return false;
    if (this.pending === '' && text !== '') this.outbox.add(this);
    this.pending += text;
    return !this.isFull();
  }

  /** Together with the answer's head where that has not gone yet. */
  flush(): void {
    const text = this.pending;
    this.pending = '';
    if (text === '' || this.closed || this.res.destroyed) return;
    const isFirst = !this.res.headersSent;
    this.res.write(text);
    if (isFirst) slim(this.res);
  }

  async hasRoom(): Promise<boolean> {
    if (!this.closed && this.isFull()) {
      this.flush();
      await this.until('drain', this.options.slowReaderMs);
      // An orderly end would wait behind the bytes that are not read.
      if (this.isFull()) this.res.destroy();
    }
    return !this.closed;
  }

  async pause(ms: number): Promise<void> {
    if (!this.closed) await this.until(null, ms);
  }

  comment(text: string): void {
    this.beat(`: ${text}\n\n`);
  }

  beat(text: string): void {
    if (!this.isFull()) this.write(text);
  }

  expireAt(time: number): void {
    const left = time - Date.now();
    this.expiry = setTimeout(
      () => {
        if (left > MAX_TIMER_MS) this.expireAt(time);
        else this.closeWith(': the sign-in has expired\n\n');
      },
      Math.min(Math.max(left, 0), MAX_TIMER_MS),
    );
  }

  closeWith(text: string): void {
    this.beat(text);
    this.end();
  }

  end(): void {
    this.close();
    if (this.res.writableEnded) return;
    const last = this.pending;
    this.pending = '';
    this.res.end(this.res.destroyed ? '' : last);
    if (this.res.writableFinished) return;
    // The last events wait for a slow reader too, but not for ever.
    const late = setTimeout(() => this.res.destroy(), this.options.slowReaderMs);
    this.res.once('close', () => {
      clearTimeout(late);
    });
  }

  private isFull(): boolean {
    return this.res.writableLength + this.pending.length > this.options.maxBufferedBytes;
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.expiry);
    this.onGone();
    this.onClosed?.();
  }

  /** Until the answer says so, the connection closes, or the time is over. */
  private until(event: 'drain' | null, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        if (event !== null) this.res.off(event, done);
        this.onClosed = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (event !== null) this.res.once(event, done);
      this.onClosed = done;
    });
  }
}

/** Lets go of what an open answer keeps for nothing, thousands of times. */
function slim(res: Response): void {
  // The way that the request took through Express, and what was read of it.
  Object.assign(res.req, { next: undefined, route: undefined, params: NONE, _parsedUrl: undefined });
  res.req.headers = NONE;
  res.req.rawHeaders = [];
  res.locals = NONE;
  // The head that was sent: once as its parts, and once as a rope of dozens of pieces.
  const sent = res as unknown as { _header: string; [part: symbol]: unknown };
  const parts = Object.getOwnPropertySymbols(res).find((symbol) => symbol.description === 'kOutHeaders');
  if (parts !== undefined) sent[parts] = null;
  sent._header = SENT;
}

const NONE = Object.freeze({});
/** What Node asks of a head that has gone is only whether there is one. */
const SENT = 'sent';

/** What an append brings is several events: written in one turn, they go out in one system call a stream. */
class Outbox {
  private waiting: Connection[] = [];

  add(connection: Connection): void {
    if (this.waiting.push(connection) > 1) return;
    process.nextTick(() => {
      const all = this.waiting;
      this.waiting = [];
      for (const each of all) each.flush();
    });
  }
}

/** One timer for the heartbeats of all connections: each is in one of the wheel's parts, beaten in turn. */
class HeartbeatWheel {
  private static readonly parts = 15;
  private readonly wheel = Array.from({ length: HeartbeatWheel.parts }, () => new Set<Connection>());
  private readonly partOf = new Map<Connection, Set<Connection>>();
  private at = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly heartbeatMs: number) {}

  add(connection: Connection): void {
    // The part that was beaten last comes again after one whole turn.
    const part = this.wheel[this.at];
    part?.add(connection);
    if (part !== undefined) this.partOf.set(connection, part);
    this.timer ??= setInterval(() => {
      this.at = (this.at + 1) % HeartbeatWheel.parts;
      for (const each of this.wheel[this.at] ?? []) each.beat(HEARTBEAT);
    }, this.heartbeatMs / HeartbeatWheel.parts);
  }

  remove(connection: Connection): void {
    this.partOf.get(connection)?.delete(connection);
    this.partOf.delete(connection);
    if (this.partOf.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
