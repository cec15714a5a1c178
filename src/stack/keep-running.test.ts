import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Logger } from '../ports/logger.js';
import { keepRunning } from './keep-running.js';

const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
};

function server() {
  let end: (exit: { code: number | null; signal: string | null }) => void = () => undefined;
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    end = resolve;
  });
  let releases = 0;
  return {
    exited,
    end: (): void => {
      end({ code: null, signal: 'SIGKILL' });
    },
    releases: () => releases,
    release: () => {
      releases += 1;
      end({ code: 0, signal: null });
      return Promise.resolve();
    },
  };
}

test('a server that ends is started again, and the one that runs is released', async () => {
  const [first, second] = [server(), server()];
  const kept = keepRunning('it', first, () => Promise.resolve(second), quiet);
  first.end();
  await turn();
  await kept.release();
  expect([first.releases(), second.releases()]).toEqual([0, 1]);
});

test('a server that ends again and again is given up', async () => {
  const started: ReturnType<typeof server>[] = [];
  const start = () => {
    const next = server();
    started.push(next);
    next.end();
    return Promise.resolve(next);
  };
  const first = server();
  const kept = keepRunning('it', first, start, quiet);
  first.end();
  expect(await kept.lost).toBe('it ended by itself (signal SIGKILL), 4 times within a minute');
  expect(started).toHaveLength(3);
});

test('a server that cannot be started again is lost, with the reason', async () => {
  const first = server();
  const kept = keepRunning('it', first, () => Promise.reject(new Error('its disk is full')), quiet);
  first.end();
  expect(await kept.lost).toBe(
    'it ended by itself (signal SIGKILL) and could not be started again: its disk is full',
  );
});

test('a release while it is being started again waits, and releases the new one', async () => {
  const [first, second] = [server(), server()];
  let go: () => void = () => undefined;
  const starting = new Promise<typeof second>((resolve) => {
    go = () => {
      resolve(second);
    };
  });
  const kept = keepRunning('it', first, () => starting, quiet);
  first.end();
  await turn();
  const released = kept.release();
  go();
  await released;
  expect([first.releases(), second.releases()]).toEqual([0, 1]);
});
