/** Runs that wait for an answer: a person's, or that of a program outside which knows the callback's address. */
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Problem } from '../../contracts/api.js';
import type { CallbackList } from '../../contracts/callbacks.js';
import type { RunEvent } from '../../contracts/events.js';
import type { Run } from '../../contracts/answers.js';
import type { Why } from '../../contracts/why.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { createRunInspector } from '../../src/adapters/temporal/run-inspector.js';
import { createApp } from '../../src/api/create-app.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';
import { createCallbackTokens } from '../../src/webhooks/callback-tokens.js';
import { startSystem, type System } from './support/system.js';
import { plainPayloads } from '../../src/adapters/temporal/payloads.js';

let system: System;
let connection: Connection;
let server: Awaited<ReturnType<typeof listen>>;
const fakes = createFakes();
beforeAll(async () => {
  system = await startSystem();
  const { store: runs, log, engine, workspace, tools, agents, approvals } = system;
  const callbacks = createCallbackTokens(['a secret of the tests']);
  connection = await Connection.connect({ address: system.address });
  const inspector = createRunInspector({
    connection,
    namespace: 'default',
    payloads: plainPayloads,
    taskQueue: 'perdure',
  });
  const real = { runs, log, engine, workspace, tools, agents, approvals, callbacks, inspector };
  server = await listen(createApp(dependenciesOf(fakes, real)).app);
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await server.close();
  await connection.close();
  await system.release();
});

const get = async <Body>(path: string): Promise<Body> =>
  (await (await fetch(`${server.url}${path}`)).json()) as Body;
const post = (path: string, body: object) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const codeOf = async (answer: Response): Promise<string> => ((await answer.json()) as Problem).code;
const submit = async (steps: object[]): Promise<string> => {
  const answer = await post('/v1/runs', { goal: 'g', plan: { steps } });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as Run).id;
};
const asked = (runId: string, id: string) =>
  expect
    .poll(() => system.approvals.find('local', runId, id), { timeout: 20_000 })
    .toMatchObject({ status: 'pending' });
const typesOf = (events: readonly RunEvent[], stepId: string): string[] =>
  events.filter((event) => event.stepId === stepId).map(({ type }) => type);

test('a question waits for an answer that fits, and the answer is the step’s output', async () => {
  const schema = { type: 'object', properties: { colour: { enum: ['red', 'blue'] } }, required: ['colour'] };
  const id = await submit([
    { id: 'topic', tool: 'echo', args: { text: 'the logo' } },
    {
      ...{ id: 'ask', tool: 'ask_human' },
      args: { question: 'Which colour for {{steps.topic.output.text}}?', schema },
      approval: { note: 'for the printer' },
    },
    { id: 'used', tool: 'echo', args: { chosen: '{{steps.ask.output.answer.colour}}' } },
  ]);
  await asked(id, 'step-ask');
  expect(await system.approvals.find('local', id, 'step-ask')).toMatchObject({
    ...{ kind: 'question', tool: 'ask_human', note: 'for the printer' },
    args: { question: 'Which colour for the logo?', schema },
  });
  expect(await get<Why>(`/v1/runs/${id}/why`)).toMatchObject({
    cause: 'waiting_for_answer',
    sentence: expect.stringContaining('Which colour for the logo?') as string,
  });
  const decide = (body: object) => post(`/v1/runs/${id}/approvals/step-ask`, body);
  for (const wrong of [
    { decision: 'approve' },
    { decision: 'approve', answer: { colour: 'green' } },
    { decision: 'approve', answer: 'blue' },
    { decision: 'approve', answer: { colour: 'blue' }, args: {} },
    { decision: 'deny', answer: { colour: 'blue' } },
  ])
    expect(await codeOf(await decide(wrong)), JSON.stringify(wrong)).toBe('invalid_request');
  expect((await decide({ decision: 'approve', answer: { colour: 'blue' } })).status).toBe(202);
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { chosen: 'blue' } });
  expect(events.find(({ type }) => type === 'approval.requested')).toMatchObject({ kind: 'question' });
  await system.keepHistories('asked', id);
});

test('an event from outside wakes the run, once, by a token that is in no event', async () => {
  const id = await submit([
    {
      ...{ id: 'paid', tool: 'wait_for_event' },
      args: { name: 'the payment', schema: { type: 'object', required: ['amount'] } },
    },
    { id: 'plain', tool: 'echo', args: {}, approval: true },
  ]);
  await asked(id, 'step-paid');
  await asked(id, 'step-plain');
  const { callbacks } = await get<CallbackList>(`/v1/runs/${id}/callbacks`);
  expect(callbacks).toMatchObject([{ stepId: 'paid', name: 'the payment', expiresAt: null }]);
  const url = callbacks[0]?.url ?? '';
  const token = new URL(url, server.url).searchParams.get('token') ?? '';
  expect(token.length).toBeGreaterThan(60);
  expect((await get<Why>(`/v1/runs/${id}/why`)).cause).toMatch(/^waiting_for_(?:event|approval)$/);

  const [name = '', proof = ''] = token.split('.');
  const other = Buffer.from(JSON.stringify([id, 'step-plain'])).toString('base64url');
  for (const forged of ['x', `${name}.${proof.slice(0, -2)}AA`, `${other}.${proof}`])
    expect(await codeOf(await post(`/v1/callbacks?token=${encodeURIComponent(forged)}`, { amount: 1 }))).toBe(
      'callback_not_found',
    );
  expect(await (await post(url, { paid: true })).json()).toMatchObject({
    code: 'invalid_request',
    errors: [{ field: 'amount', message: 'is required' }],
  });
  expect(await codeOf(await post('/v1/callbacks', {}))).toBe('invalid_request');
  // Of several at once one counts.
  const both = await Promise.all([post(url, { amount: 7 }), post(url, { amount: 8 })]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([202, 409]);
  await post(`/v1/runs/${id}/approvals/step-plain`, { decision: 'approve' });
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject({
    type: 'run.completed',
    result: { paid: { event: { amount: both[0].status === 202 ? 7 : 8 }, timedOut: false } },
  });
  expect(events.find((event) => event.type === 'approval.decided' && event.stepId === 'paid')).toMatchObject({
    by: 'callback',
  });
  expect(await codeOf(await post(url, { amount: 9 }))).toBe('callback_not_found');
  expect((await get<CallbackList>(`/v1/runs/${id}/callbacks`)).callbacks).toEqual([]);
  for (const secret of [proof, token]) {
    expect(JSON.stringify(events)).not.toContain(secret);
    expect(JSON.stringify(fakes.logger.lines)).not.toContain(secret);
  }
});

test('time over, what the plan says counts: the default, or the step’s failure', async () => {
  const waiting = (onTimeout: string) => ({ approval: { timeoutSeconds: 1, onTimeout } });
  const id = await submit([
    { id: 'ask', tool: 'ask_human', args: { question: 'Well?', default: 'no' }, ...waiting('approve') },
    { id: 'call', tool: 'wait_for_event', args: { name: 'n' }, onFailure: 'continue', ...waiting('deny') },
  ]);
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject({ result: { answer: 'no', timedOut: true } });
  expect(typesOf(events, 'call').at(-2)).toBe('step.failed');
  expect(events.filter((event) => event.type === 'approval.decided')).toMatchObject([
    { timedOut: true },
    { timedOut: true },
  ]);
});

test('what a plan asks for is checked when it is sent', async () => {
  for (const args of [
    {},
    { question: '' },
    { question: 'q', schema: { type: 'nonsense' } },
    { question: 'q', schema: { pattern: 'a' } },
  ]) {
    const answer = await post('/v1/runs', {
      goal: 'g',
      plan: { steps: [{ id: 'a', tool: 'ask_human', args }] },
    });
    expect(await codeOf(answer)).toBe('invalid_plan');
  }
});

test('who has not answered is reminded, as often as the plan says', { timeout: 60_000 }, async () => {
  const approval = { remindEverySeconds: 10, timeoutSeconds: 25, onTimeout: 'approve' };
  const id = await submit([{ id: 'ask', tool: 'ask_human', args: { question: 'Still there?' }, approval }]);
  const events = await system.events(id);
  expect(typesOf(events, 'ask')).toEqual([
    ...['approval.requested', 'approval.reminded', 'approval.reminded', 'approval.decided'],
    ...['step.started', 'step.completed', 'supervisor.decided'],
  ]);
  expect(events.filter(({ type }) => type === 'approval.reminded')).toMatchObject([
    { approvalId: 'step-ask', reminder: 1 },
    { approvalId: 'step-ask', reminder: 2 },
  ]);
});
