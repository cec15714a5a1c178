import { expect, test } from 'vitest';
import { roomIn } from './room.js';

const GB = 1_000_000_000;

test('processors are what counts where memory is plenty', () => {
  expect(roomIn(64 * GB, 16)).toEqual({ processes: 16, threads: 32 });
  expect(roomIn(8 * GB, 1)).toEqual({ processes: 2, threads: 4 });
  expect(roomIn(8 * GB, 8)).toEqual({ processes: 4, threads: 13 });
});

test.each([2.1, 2.5, 4, 4.3, 8, 16, 40])(
  'in a container of %d GB on a large machine all of them together are no more than its memory',
  (memory) => {
    const { processes, threads } = roomIn(memory * GB, 64);
    expect(processes + threads * 0.25).toBeLessThanOrEqual(memory - 0.5);
    expect(processes + threads * 0.25).toBeGreaterThan((memory - 0.5) * 0.75);
  },
);

test('one process and two threads are there in the smallest', () => {
  expect(roomIn(0.3 * GB, 64)).toEqual({ processes: 1, threads: 2 });
});
