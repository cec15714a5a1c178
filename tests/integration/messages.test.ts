/** Messages to runs under way: kept as events, and read by the models with the next question that they are asked. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { startStubServer, type StubServer } from '../../src/adapters/models/testing/stub-server.js';
import { defineTool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

let stub: StubServer;
let system: System;
/** All that a model was told, by question. */
const asked: string[] = [];
/** Ends the call that the agent's first answer asks for. */
let goOn: (() => void) | undefined;
const hold = defineTool({
  name: 'hold',
  description: 'ends when the test says so',
  args: z.strictObject({}),
  effect: 'read',
  timeoutSeconds: 30,
  execute: () =>
    new Promise((resolve) => {
      goOn = () => {
        resolve({ output: 1 });
      };
    }),
});

beforeAll(async () => {
  stub = await startStubServer(({ messages, tools }) => {
    const text = messages.map(({ content }) => String(content)).join('\n');
    asked.push(text);
    if (tools === undefined || tools.length === 0) return { json: { decision: 'continue', reason: 'fine' } };
    if (messages.some(({ role }) => role === 'tool')) return { text: 'done' };
    return { calls: [{ tool: 'hold', args: {} }] };
  });
  system = await startSystem({
    tools: [hold],
    settings: {
      PERDURE_MODEL: 'openai:gpt-5-mini',
      PERDURE_SUPERVISOR_MODEL: 'openai:gpt-5-mini',
      OPENAI_BASE_URL: stub.url,
    },
  });
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await system.release();
  await stub.close();
});

test('an agent and a supervisor read with their next question what they were told', async () => {
  const run = await system.start([{ id: 'work', tool: 'agent', args: { task: 'count', tools: ['hold'] } }]);
  await expect.poll(() => goOn, { timeout: 20_000 }).toBeDefined();
  expect(asked).toHaveLength(1);
  const message = { id: 'm1', text: 'Leave out\nthe prices.', by: 'ann' };
  expect(await system.engine.message(run.id, message)).toBe(true);
  // Sent again, it is the same message.
  expect(await system.engine.message(run.id, message)).toBe(true);
  // At once, while the tool runs still.
  await expect
    .poll(async () => (await system.log.read(run.id, 0, 100)).map(({ type }) => type), { timeout: 20_000 })
    .toContain('message.received');
  goOn?.();
  const events = await system.events(run.id);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(events.filter(({ type }) => type === 'message.received')).toMatchObject([
    { text: 'Leave out\nthe prices.', by: 'ann' },
  ]);
  const [first = '', ...later] = asked;
  expect(first).not.toContain('Leave out');
  // The agent's second question, and the supervisor's.
  expect(later).toHaveLength(2);
  for (const text of later) expect(text).toContain('- Leave out\n  the prices.');
  expect(await system.engine.message(run.id, { ...message, id: 'm2' })).toBe(false);
  await system.keepHistories('told', run.id);
});

test('a run takes so many messages and then says so', { timeout: 60_000 }, async () => {
  const run = await system.start([{ id: 'nap', tool: 'wait', args: { seconds: 3_600 } }]);
  for (let i = 0; i < 100; i++)
    await system.engine.message(run.id, { id: `m${i}`, text: `message ${i}`, by: null });
  await expect(
    system.engine.message(run.id, { id: 'more', text: 'one more', by: null }),
  ).rejects.toMatchObject({ code: 'message_limit_reached' });
  await system.engine.cancel(run.id, null);
  const events = await system.events(run.id);
  const texts = events.flatMap((event) => (event.type === 'message.received' ? [event.text] : []));
  expect(texts).toEqual(Array.from({ length: 100 }, (_, i) => `message ${i}`));
});
