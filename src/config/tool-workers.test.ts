/** What a worker of tools may be given, and what cannot be together with one. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readConfig } from './env.js';

const queue = { PERDURE_TOOL_TASK_QUEUE: 'tools' };
const isOne = { ...queue, PERDURE_WORKER_ROLE: 'tools' };

test('off unless a queue is set', () => {
  expect(readConfig({}).toolWorkers).toEqual({ taskQueue: null, isOne: false });
  expect(readConfig(queue).toolWorkers).toEqual({ taskQueue: 'tools', isOne: false });
  expect(readConfig(isOne).toolWorkers).toEqual({ taskQueue: 'tools', isOne: true });
});

test.each([
  [
    { PERDURE_TOOL_TASK_QUEUE: 'perdure' },
    /PERDURE_TASK_QUEUE and PERDURE_TOOL_TASK_QUEUE are both "perdure"/,
  ],
  [{ PERDURE_WORKER_ROLE: 'tools' }, /PERDURE_TOOL_TASK_QUEUE must be set/],
  [{ PERDURE_WORKER_ROLE: 'other' }, /PERDURE_WORKER_ROLE must be runs or tools/],
  [
    {
      ...queue,
      PERDURE_TENANT_KEYS: 'true',
      PERDURE_ENCRYPTION_KEYS: `a=${Buffer.alloc(32, 1).toString('base64')}`,
    },
    /PERDURE_TENANT_KEYS cannot be true with PERDURE_TOOL_TASK_QUEUE/,
  ],
])('%o is refused', (env, says) => {
  expect(() => readConfig(env)).toThrow(says);
});

test('one is given what it needs and refused what opens more, all of it named and nothing shown', () => {
  const given = { DATABASE_URL: 'postgres://a:hidden@h/d', ANTHROPIC_API_KEY: 'hidden' };
  expect(() => readConfig({ ...isOne, ...given })).toThrow(
    /must not be given DATABASE_URL, ANTHROPIC_API_KEY: tools run in it$/,
  );
  expect(() => readConfig({ ...isOne, DATABASE_URL_FILE: fileURLToPath(import.meta.url) })).toThrow(
    /DATABASE_URL/,
  );
});

test('what all processes are told stands in no way of one that has not what belongs to it', () => {
  const config = readConfig({
    ...isOne,
    SUPABASE_URL: 'https://a.supabase.co',
    PERDURE_MODEL: 'openai:gpt-5',
    PERDURE_SECRET_GITHUB: 'a-secret',
  });
  expect(config).toMatchObject({ supabase: null, tokens: null, toolSecrets: { GITHUB: 'a-secret' } });
  expect(config.models.byRole.tool).toEqual([]);
});
