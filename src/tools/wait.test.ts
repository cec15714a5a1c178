/** Tests of the tool `wait`. */
import { expect, test } from 'vitest';
import { toolContext } from './testing/tool-context.js';
import { waitTool } from './wait.js';

const deferred = async (args: unknown): Promise<number> => {
  const result = await waitTool.execute(waitTool.args.parse(args), toolContext());
  if (!('deferUntil' in result)) throw new Error('did not defer');
  return result.deferUntil.getTime();
};

test('waits a number of seconds from now', async () => {
  const before = Date.now();
  const until = await deferred({ seconds: 90 });
  expect(until).toBeGreaterThanOrEqual(before + 90_000);
  expect(until).toBeLessThanOrEqual(Date.now() + 90_000);
});

test('waits until a moment in any time zone, also one that has passed', async () => {
  expect(await deferred({ until: '2020-05-06T09:00:00+02:00' })).toBe(Date.UTC(2020, 4, 6, 7));
});

test.each([
  ['neither', {}],
  ['both', { seconds: 1, until: '2020-05-06T09:00:00Z' }],
  ['negative seconds', { seconds: -1 }],
  ['more than a year of seconds', { seconds: 31_536_001 }],
  ['a moment without an offset', { until: '2020-05-06T09:00:00' }],
  ['a moment more than a year ahead', { until: new Date(Date.now() + 367 * 86_400_000).toISOString() }],
  ['an unknown field', { seconds: 1, minutes: 2 }],
])('refuses %s', (_, args) => {
  expect(waitTool.args.safeParse(args).success).toBe(false);
});
