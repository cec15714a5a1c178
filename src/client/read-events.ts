/** One answer of server-sent events, read until it ends, breaks or falls silent. */
import { createParser } from 'eventsource-parser';
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';

export interface ReadOptions {
  /** Nothing for so long, not even a heartbeat, and the connection counts as dead. */
  silenceMs: number;
  onRetry: (ms: number) => void;
  /** Something came, if only a heartbeat. */
  onSign: () => void;
}

/** @throws Error when the connection breaks or is silent */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { silenceMs, onRetry, onSign }: ReadOptions,
): AsyncGenerator<RunEvent | EphemeralEvent, void, undefined> {
  let ready: (RunEvent | EphemeralEvent)[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      ready.push(JSON.parse(data) as RunEvent | EphemeralEvent);
      onSign();
    },
    onComment: onSign,
    onRetry,
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(silenceMs, reader.read());
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      const events = ready;
      ready = [];
      yield* events;
    }
  } finally {
    // Also when the reader of the events goes: the server must not go on writing.
    await reader.cancel().catch(() => undefined);
  }
}

async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`sent nothing for ${ms / 1_000} s, not even a heartbeat`));
    }, ms);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
