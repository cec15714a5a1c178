/** Tests of the tool `wait`. */
import { expect, test } from 'vitest';
import { toolContext } from './testing/tool-context.js';
import { waitTool } from './wait.js';

const answer = (args: unknown) => waitTool.execute(waitTool.args.parse(args), toolContext());

test('waits a number of seconds, whatever time it is here', async () => {
  expect(await answer({ seconds: 90 })).toEqual({ deferSeconds: 90 });
});

test('waits until a moment in any time zone, also one that has passed', async () => {
  expect(await answer({ until: '2020-05-06T09:00:00+02:00' })).toEqual({
    deferUntil: new Date(Date.UTC(2020, 4, 6, 7)),
  });
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
