/** How time is cut. */
import { expect, test } from 'vitest';
import { periodsOf } from './statistics-periods.js';

const at = (time: string): number => Date.parse(`2026-11-26T${time}Z`);

test.each([
  ['a day', at('00:00:00'), at('23:59:59'), 48, 1_800, 48],
  ['an hour', at('10:00:00'), at('11:00:00'), 60, 60, 60],
  ['ten seconds', at('10:00:00'), at('10:00:10'), 48, 1, 10],
  ['no time', at('10:00:00'), at('10:00:00'), 48, 1, 1],
  ['a time that is turned round', at('11:00:00'), at('10:00:00'), 48, 1, 1],
])('%s', (_what, from, until, most, seconds, count) => {
  expect(periodsOf(from, until, most)).toMatchObject({ seconds, count });
});

test.each([2, 7, 48, 200])('up to %i periods hold all of the time, and hang together', (most) => {
  for (const span of [1, 999, 61_000, 3_600_000, 86_400_000, 40 * 86_400_000, 2_000 * 365 * 86_400_000])
    for (const until of [at('10:17:23'), at('00:00:00')]) {
      const { from, seconds, count } = periodsOf(until - span, until, most);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(most);
      expect(from).toBeLessThanOrEqual(until - span);
      expect(from + count * seconds * 1_000).toBeGreaterThanOrEqual(until);
    }
});

test('as time goes on, periods stay where they are', () => {
  const [one, other] = [at('10:17:23'), at('10:17:53')].map((until) =>
    periodsOf(until - 86_400_000, until, 48),
  );
  expect(one).toEqual(other);
});
