import { expect, test } from 'vitest';
import { askHumanTool } from './asking.js';
import { createToolRegistry } from './registry.js';

const registry = createToolRegistry({ httpAllow: [] });
const schema = { type: 'object', properties: { n: { type: 'number' } } };

test.each([
  [{ default: { n: 1 } }, []],
  [{ default: 'one' }, ['default']],
  [{ default: { n: 'one' } }, ['default.n']],
  [{}, []],
  [{ default: { n: '{{steps.count.output.n}}' } }, []],
  [{ default: '{{steps.count.output}}' }, []],
])('what goes in an answer’s place fits the schema that answers do: %j', (more, fields) => {
  for (const [tool, args] of [
    ['ask_human', { question: 'How many?' }],
    ['wait_for_event', { name: 'the count' }],
  ] as const)
    expect(registry.checkArgs(tool, { ...args, schema, ...more })?.map(({ path }) => path.join('.'))).toEqual(
      fields,
    );
});

test('what a schema requires without describing it is missed, as it is in an answer', () => {
  const args = { question: 'How many?', schema: { ...schema, required: ['m'] }, default: { n: 1 } };
  expect(registry.checkArgs('ask_human', args)).toEqual([{ path: ['default', 'm'], message: 'is required' }]);
});

test('a schema that another step decides is held against it once that is known', () => {
  const args = { question: 'Which?', schema: { enum: ['{{steps.list.output.first}}'] }, default: 'a' };
  expect(registry.checkArgs('ask_human', args)).toEqual([]);
  const resolved = { ...args, schema: { enum: ['b'] } };
  expect(() => registry.parseArgs(askHumanTool, resolved)).toThrow('args.default');
});
