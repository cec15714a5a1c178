/** A model that judges each step's end, over real servers: its word counts, and its silence holds nobody up. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import {
  startStubServer,
  type StubAnswer,
  type StubServer,
} from '../../src/adapters/models/testing/stub-server.js';
import { startSystem, type System } from './support/system.js';

let stub: StubServer;
let system: System;
/** What the model says of a step, by its id. */
const told: Record<string, StubAnswer[]> = {};

beforeAll(async () => {
  stub = await startStubServer(({ messages }) => {
    const text = String(messages[1]?.content);
    const id = /The step "([^"]+)"/.exec(text)?.[1] ?? '';
    return told[id]?.shift() ?? { json: { decision: 'continue', reason: `${id} is fine` } };
  });
  system = await startSystem({
    settings: {
      PERDURE_SUPERVISOR_MODEL: 'openai:gpt-5-mini',
      OPENAI_BASE_URL: stub.url,
      PERDURE_MODEL_STALL_SECONDS: '3',
    },
  });
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await system.release();
  await stub.close();
});

async function run(steps: object[]): Promise<RunEvent[]> {
  const { id } = await system.start(steps);
  return system.events(id);
}
const decisionOn = (events: RunEvent[], step: string) =>
  events.find(({ type, stepId }) => type === 'supervisor.decided' && stepId === step);
const failing = { tool: 'file_read', args: { path: 'none.txt' } };

test('each step is judged with its output, and the reason is told', async () => {
  const events = await run([
    { id: 'one', tool: 'echo', args: { text: 'canary output' } },
    { id: 'two', tool: 'echo', args: { text: '{{steps.one.output.text}}' } },
  ]);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(decisionOn(events, 'one')).toMatchObject({ decision: 'continue', reason: 'one is fine' });
  expect(events.filter(({ type }) => type === 'model.called')).toMatchObject([
    { role: 'supervisor', stepId: 'one' },
    { role: 'supervisor', stepId: 'two' },
  ]);
  const asked = String(stub.requests[0]?.messages[1]?.content);
  expect(asked).toContain('canary output');
  expect(asked).toContain('The goal:\na test');
});

test('it may stop a run after a step that completed', async () => {
  told.enough = [{ json: { decision: 'stop', reason: 'this leads nowhere' } }];
  const events = await run([
    { id: 'enough', tool: 'echo', args: {} },
    { id: 'never', tool: 'echo', args: {}, dependsOn: ['enough'] },
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'step_failed' } });
  expect(decisionOn(events, 'enough')).toMatchObject({ decision: 'stop', reason: 'this leads nowhere' });
  expect(events.some(({ stepId }) => stepId === 'never')).toBe(false);
});

test('it may let a run go on after a step that failed, whatever the plan says', async () => {
  told.broken = [{ json: { decision: 'continue', reason: 'not needed' } }];
  const events = await run([
    { id: 'broken', ...failing },
    { id: 'beside', tool: 'echo', args: { text: 'done' }, dependsOn: [] },
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'done' } });
});

test.each<[string, StubAnswer, string, number]>([
  ['refused', { status: 401 }, 'model_unauthorized', 1],
  ['garbled', { text: 'go on, I guess' }, 'model_output_invalid', 2],
  ['away', { status: 503, headers: { 'retry-after': '0' } }, 'model_unavailable', 3],
  ['mute', { text: '{"decision"', then: 'silence' }, 'model_timeout', 3],
  ['empty', { text: '' }, 'model_output_invalid', 2],
  ['cut', { text: '{"decision": "sto', finish: 'length' }, 'model_output_invalid', 2],
  ['undecided', { json: { decision: 'maybe', reason: 'who knows' } }, 'model_output_invalid', 2],
  ['flooding', { flood: 'in pieces', characters: 10_000_000 }, 'model_limit_exceeded', 1],
])('where it is %s the rules decide, in bounded time', async (id, answer, code, asked) => {
  told[id] = Array.from({ length: 5 }, () => answer);
  const events = await run([{ id, ...failing }]);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'step_failed' } });
  expect(decisionOn(events, id)).toMatchObject({ decision: 'stop' });
  expect(JSON.stringify(decisionOn(events, id))).toContain(`the supervisor gave ${code}`);
  expect(told[id]).toHaveLength(5 - asked);
});
