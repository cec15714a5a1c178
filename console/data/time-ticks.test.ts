/** The marks of a time axis. */
import { expect, test } from 'vitest';
import { ticksOf } from './time-ticks.js';

test.each([
  [24_000, [0, 5_000, 10_000, 15_000, 20_000]],
  [100, [0, 20, 40, 60, 80, 100]],
  [90_000, [0, 15_000, 30_000, 45_000, 60_000, 75_000, 90_000]],
  [0, [0]],
])('of %i ms', (span, ticks) => {
  expect(ticksOf(span)).toEqual(ticks);
});

test('there are a few of them, however long it takes', () => {
  for (let span = 1; span < 1e13; span *= 3) {
    const ticks = ticksOf(span);
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(ticks.at(-1)).toBeLessThanOrEqual(span);
    if (span > 1) expect(ticks.length).toBeGreaterThan(1);
  }
});
