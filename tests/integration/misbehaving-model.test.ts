/**
 * A model that misbehaves in a step that is an agent, over real servers: each fault ends in a typed outcome, after a known
 * number of calls. The same for plans is in planner.test.ts, for judgements in supervisor.test.ts.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import { workflowIdOf } from '../../contracts/messages.js';
import type { JsonValue } from '../../contracts/plan.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import {
  startStubServer,
  type StubAnswer,
  type StubServer,
} from '../../src/adapters/models/testing/stub-server.js';
import { startSystem, type System } from './support/system.js';

/** What the model answers, by a word of the task; it goes on with the last one for ever. */
const told: Record<string, StubAnswer[]> = {};
let stub: StubServer;
let system: System;

const taskOf = ({ messages }: { messages: { content?: unknown }[] }): string => String(messages[1]?.content);
beforeAll(async () => {
  stub = await startStubServer((request) => {
    const answers = told[Object.keys(told).find((word) => taskOf(request).includes(word)) ?? ''] ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === undefined) throw new Error('nothing is told for this');
    return answer;
  });
  system = await startSystem({
    settings: { PERDURE_MODEL: 'openai:gpt-5', OPENAI_BASE_URL: stub.url, PERDURE_MODEL_STALL_SECONDS: '3' },
  });
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await system.release();
  await stub.close();
});

async function run(word: string, answers: StubAnswer[], args: object = {}) {
  told[word] = answers;
  const { id } = await system.start([
    {
      id: 'work',
      tool: 'agent',
      args: { task: `Do the ${word}`, tools: ['file_list'], maxTurns: 6, ...args },
    },
  ]);
  const events = await system.events(id);
  const requests = stub.requests.filter((request) => taskOf(request).includes(word));
  return { id, events, asked: requests.length, end: events.find(endsWork) };
}
const endsWork = ({ type, stepId }: RunEvent): boolean =>
  stepId === 'work' && (type === 'step.completed' || type === 'step.failed');

const calling = (tool: string, args: JsonValue | string = {}): StubAnswer => ({ calls: [{ tool, args }] });
const output = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
const good: StubAnswer = { text: 'Done.' };

test.each<[string, StubAnswer, string, number, object]>([
  ['emptiness', { text: '' }, 'model_output_invalid', 2, {}],
  ['truncation', { text: 'It is', finish: 'length' }, 'model_output_invalid', 2, {}],
  ['wrongness', { json: { n: 'one' } }, 'model_output_invalid', 2, { output }],
  ['prose', { text: 'One, I would say.' }, 'model_output_invalid', 2, { output }],
  ['circling', calling('file_list'), 'agent_no_end', 3, {}],
  ['hallucination', calling('rm_rf', { path: '/' }), 'agent_no_end', 3, {}],
  ['mumbling', calling('file_list', '{"prefix": '), 'agent_no_end', 3, {}],
  ['flooding', { flood: 'in pieces', characters: 10_000_000 }, 'model_limit_exceeded', 1, {}],
  ['torrent', { flood: 'at once', characters: 10_000_000 }, 'model_limit_exceeded', 1, {}],
  ['lockout', { status: 401 }, 'model_unauthorized', 1, {}],
  ['censorship', { text: '', finish: 'content_filter' }, 'model_refused', 1, {}],
])('%s for ever ends the step as %s %s after so many answers', async (word, answer, code, most, args) => {
  const { id, events, asked, end } = await run(word, [answer], args);
  expect(end).toMatchObject({ type: 'step.failed', error: { code, retryable: false } });
  expect(events.at(-1)).toMatchObject({ type: 'run.failed' });
  expect(asked).toBe(most);
  const usage = (await system.store.getRun('acme', id))?.usage;
  expect(usage?.modelCalls ?? 0).toBeLessThanOrEqual(most);
});

test('turns without end are ended by maxTurns, whatever it asks for', async () => {
  const answers = Array.from({ length: 20 }, (_, i) => calling('file_list', { prefix: `p${i}` }));
  const { end, asked, events } = await run('wandering', answers);
  expect(end).toMatchObject({ type: 'step.failed', error: { code: 'agent_no_end' } });
  expect(asked).toBe(6);
  expect(events.filter(({ type }) => type === 'agent.called').length).toBeLessThanOrEqual(6);
});

test('an unknown tool, and arguments that are no JSON, are told to the model, which may go on', async () => {
  const { end, events } = await run('recovery', [
    calling('rm_rf'),
    calling('file_list', '{"prefix": '),
    good,
  ]);
  expect(end).toMatchObject({ type: 'step.completed' });
  const codes = events.flatMap((event) => (event.type === 'agent.called' ? [event.error?.code] : []));
  expect(codes).toEqual(['tool_invalid_args', 'tool_invalid_args']);
});

test.each<[string, StubAnswer, string]>([
  ['crowding', { status: 429, headers: { 'retry-after': '1' } }, 'model_rate_limited'],
  ['breakdown', { status: 500 }, 'model_unavailable'],
  ['severance', { text: 'It i', then: 'cut' }, 'model_unavailable'],
  ['silence', { text: 'It i', then: 'silence' }, 'model_timeout'],
  ['garble', { text: 'It i', then: 'no JSON' }, 'model_unavailable'],
])('%s once is tried again, after the time that was asked for', async (word, answer, code) => {
  const { end, events, asked } = await run(word, [answer, good]);
  expect(end).toMatchObject({ type: 'step.completed' });
  expect(events.find(({ type }) => type === 'step.retrying')).toMatchObject({
    error: { code },
    nextAttempt: 2,
  });
  expect(asked).toBe(2);
});

test.each<[string, StubAnswer, string]>([
  ['collapse', { status: 503, headers: { 'retry-after': '0' } }, 'model_unavailable'],
  ['mobbing', { status: 429, headers: { 'retry-after': '0' } }, 'model_rate_limited'],
  ['muteness', { text: 'It i', then: 'silence' }, 'model_timeout'],
])('%s for ever ends the step after five attempts', { timeout: 90_000 }, async (word, answer, code) => {
  const { end, events, asked } = await run(word, [answer]);
  expect(end).toMatchObject({ type: 'step.failed', attempt: 5, error: { code } });
  expect(events.at(-1)).toMatchObject({ type: 'run.failed' });
  expect(asked).toBe(5);
});

test.each<[string, number, string]>([
  ['queueing', 429, 'model_rate_limited'],
  ['overload', 529, 'model_unavailable'],
])('%s: the %d’s Retry-After is what Temporal waits before the next try', async (word, status, type) => {
  told[word] = [{ status, headers: { 'retry-after': '77' } }];
  const plan = [{ id: 'work', tool: 'agent', args: { task: `Do the ${word}` } }];
  const [planned, stepped] = await Promise.all([system.startGoal(`Do the ${word}`), system.start(plan)]);
  for (const { id } of [planned, stepped]) {
    const waiting = async () => {
      const { raw } = await system.client.workflow.getHandle(workflowIdOf(id)).describe();
      const [activity] = raw.pendingActivities ?? [];
      const failure = activity?.lastFailure?.applicationFailureInfo;
      return { type: failure?.type, delay: Number(failure?.nextRetryDelay?.seconds ?? 0) };
    };
    await expect.poll(waiting, { timeout: 20_000 }).toEqual({ type, delay: 77 });
    await system.engine.cancel(id, null);
    expect((await system.events(id)).at(-1)?.type).toBe('run.cancelled');
  }
  expect(stub.requests.filter((request) => taskOf(request).includes(word))).toHaveLength(2);
});
