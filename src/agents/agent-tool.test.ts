import { expect, test } from 'vitest';
import { agentArgsSchema } from './agent-tool.js';

const output = (schema: object) =>
  agentArgsSchema.safeParse({ task: 't', output: schema }).error?.issues[0]?.message;

test('the schema of an answer can hold no worker up: neither patterns nor references', () => {
  const catastrophic = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
  expect(output(catastrophic)).toBe('must not use pattern');
  expect(output({ type: 'object', properties: { a: { $ref: '#' } } })).toBe('must not use $ref');
  expect(output({ type: 'string' })).toBe('must be a JSON schema of an object');
  expect(output({ type: 'object', properties: { pattern: { type: 'string' } } })).toBeUndefined();
});
