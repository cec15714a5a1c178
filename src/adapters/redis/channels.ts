/** Reference-counted channels of one subscriber connection; they come back after each reconnect. */
import type { Redis } from 'ioredis';

export interface ChannelListener {
  onText(text: string): void;
  /** The server has confirmed the subscription; what was published before may be lost. */
  onReady(): void;
}

export interface Channels {
  add(name: string, listener: ChannelListener): () => void;
  /** The connection is ready: every channel is subscribed again. */
  connected(): void;
  away(): void;
  isConfirmed(name: string): boolean;
  /** Tells every listener of every channel that messages may be lost. */
  announceGap(): void;
}

interface Channel {
  listeners: Set<{ listener: ChannelListener }>;
  confirmed: boolean;
}

/** Names in one SUBSCRIBE: thousands of streams come back in a few commands, none of them large. */
const BATCH = 500;

/** @param onRefused takes the error of a SUBSCRIBE that the server answered with one */
export function createChannels(client: Redis, onRefused: (error: unknown) => void): Channels {
  const channels = new Map<string, Channel>();
  /** What the server was told on this connection, confirmed or not. */
  const sent = new Set<string>();
  const changed = new Set<string>();
  let connected = false;
  let connection = 0;
  let flushing = false;

  client.on('message', (name: string, text: string) => {
    // A copy: listeners come and go while they are told.
    for (const { listener } of [...(channels.get(name)?.listeners ?? [])]) listener.onText(text);
  });

  const change = (name: string): void => {
    changed.add(name);
    if (flushing) return;
    flushing = true;
    // All that one turn of the event loop asks for goes out together.
    setImmediate(() => {
      flushing = false;
      if (connected) flush();
    });
  };

  const flush = (): void => {
    const join: string[] = [];
    const leave: string[] = [];
    for (const name of changed) {
      const isWanted = (channels.get(name)?.listeners.size ?? 0) > 0;
      if (!isWanted) channels.delete(name);
      if (isWanted && !sent.has(name)) join.push(name);
      if (!isWanted && sent.delete(name)) leave.push(name);
    }
    changed.clear();
    // An UNSUBSCRIBE that is lost went with its connection.
    for (const names of batches(leave)) client.unsubscribe(...names).catch(() => undefined);
    for (const names of batches(join)) {
      for (const name of names) sent.add(name);
      const current = connection;
      client.subscribe(...names).then(
        () => {
          if (current === connection) names.forEach(confirm);
        },
        (error: unknown) => {
          if (current === connection) onRefused(error);
        },
      );
    }
  };

  const confirm = (name: string): void => {
    const channel = channels.get(name);
    if (channel === undefined || !sent.has(name)) return;
    channel.confirmed = true;
    for (const { listener } of [...channel.listeners]) listener.onReady();
  };

  return {
    add(name, listener) {
      const channel = channels.get(name) ?? { listeners: new Set(), confirmed: false };
      const entry = { listener };
      channels.set(name, channel);
      channel.listeners.add(entry);
      if (channel.confirmed)
        queueMicrotask(() => {
          if (channel.confirmed && channel.listeners.has(entry)) listener.onReady();
        });
      else change(name);
      return () => {
        if (!channel.listeners.delete(entry) || channel.listeners.size > 0) return;
        // While Redis is away nobody would ever flush: what is not subscribed is forgotten at once.
        if (!connected) channels.delete(name);
        else change(name);
      };
    },
    connected() {
      connected = true;
      for (const name of channels.keys()) changed.add(name);
      flush();
    },
    away() {
      connected = false;
      connection += 1;
      sent.clear();
      changed.clear();
      for (const [name, channel] of channels) {
        channel.confirmed = false;
        if (channel.listeners.size === 0) channels.delete(name);
      }
    },
    isConfirmed: (name) => channels.get(name)?.confirmed ?? false,
    announceGap() {
      for (const { confirmed, listeners } of [...channels.values()])
        if (confirmed) for (const { listener } of [...listeners]) listener.onReady();
    },
  };
}

function* batches(names: readonly string[]): Generator<string[]> {
  for (let i = 0; i < names.length; i += BATCH) yield names.slice(i, i + BATCH);
}
