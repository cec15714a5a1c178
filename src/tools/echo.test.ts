/** Tests of the tool `echo`. */
import { expect, test } from 'vitest';
import { echoTool } from './echo.js';
import { toolContext } from './testing/tool-context.js';

test('gives its arguments back', async () => {
  const args = { a: 1, nested: { list: [null, true, 'x'] } };
  expect(await echoTool.execute(echoTool.args.parse(args), toolContext())).toEqual({ output: args });
});

test('takes JSON only', () => {
  expect(echoTool.args.safeParse({ when: new Date() }).success).toBe(false);
});
