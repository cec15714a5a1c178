/** A feed over connections that come and go. */
import { expect, test, vi } from 'vitest';
import { PerdureApiError, PerdureConnectionError, type Client, type RunEvent } from 'perdure/client';
import { followFeed, type RunFeed } from './run-feed.js';

const event = (seq: number, type: RunEvent['type'] = 'run.started'): RunEvent =>
  ({ type, seq, runId: 'r', at: '2026-11-26T00:00:00.000Z', result: null }) as RunEvent;

/** Answers each call with the next of these, and remembers after which event each was asked for. */
function clientOf(...answers: (() => AsyncGenerator<RunEvent, void, undefined>)[]): {
  client: Pick<Client, 'events'>;
  after: (number | undefined)[];
} {
  const after: (number | undefined)[] = [];
  return {
    after,
    client: {
      events(_id, options) {
        after.push(options?.after);
        const answer = answers.shift();
        if (answer === undefined) throw new Error('the script has run out');
        options?.onResponse?.(new Response());
        return answer();
      },
    },
  };
}

const states = (feed: RunFeed): string[] => {
  const seen: string[] = [];
  feed.subscribe(() => {
    if (seen.at(-1) !== feed.state.kind) seen.push(feed.state.kind);
  });
  return seen;
};
const now = (then: () => void): void => {
  then();
};

test('follows to the end, and asks no more', async () => {
  const { client, after } = clientOf(async function* () {
    yield await Promise.resolve(event(1));
    yield event(2, 'run.completed');
  });
  const feed = followFeed(client, 'r', now);
  const seen = states(feed);
  await vi.waitFor(
    () => {
      expect(feed.state.kind).toBe('ended');
    },
    { timeout: 20_000 },
  );
  feed.subscribe(() => undefined);
  expect([seen, feed.picture.status, after]).toEqual([['live', 'ended'], 'completed', [0]]);
});

test('a server that is away is asked again, after the last event', async () => {
  vi.useFakeTimers();
  const { client, after } = clientOf(
    async function* () {
      yield await Promise.resolve(event(1));
      throw new PerdureConnectionError('http://x', 'cannot be reached');
    },
    async function* () {
      yield await Promise.resolve(event(2, 'run.completed'));
    },
  );
  const feed = followFeed(client, 'r', now);
  const seen = states(feed);
  await vi.advanceTimersByTimeAsync(5_000);
  vi.useRealTimers();
  expect([seen, after]).toEqual([
    ['live', 'reconnecting', 'live', 'ended'],
    [0, 1],
  ]);
});

test('what trying again does not change is told', async () => {
  const { client } = clientOf(async function* () {
    await Promise.resolve();
    if (seqOf() > 0) yield event(1);
    throw new PerdureApiError(410, { detail: 'gone' });
  });
  const seqOf = (): number => 0;
  const feed = followFeed(client, 'r', now);
  states(feed);
  await vi.waitFor(
    () => {
      expect(feed.state).toMatchObject({ kind: 'failed', error: { message: 'gone' } });
    },
    { timeout: 20_000 },
  );
});

test('however much comes within a frame, it is told once', async () => {
  const frames: (() => void)[] = [];
  const { client } = clientOf(async function* () {
    for (let seq = 1; seq <= 500; seq += 1) yield await Promise.resolve(event(seq));
    yield event(501, 'run.completed');
  });
  const feed = followFeed(client, 'r', (then) => frames.push(then));
  let told = 0;
  feed.subscribe(() => {
    told += 1;
  });
  await vi.waitFor(
    () => {
      expect(feed.picture.lastSeq).toBe(501);
    },
    { timeout: 20_000 },
  );
  expect(frames).toHaveLength(1);
  frames[0]?.();
  expect(told).toBe(1);
});
