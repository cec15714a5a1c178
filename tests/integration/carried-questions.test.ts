/**
 * Questions that are open while a run goes on in a new execution: nobody is asked again, nothing that was done is done
 * again, and what is answered then counts.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import { workflowIdOf, type DecisionRequest } from '../../contracts/messages.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import {
  startStubServer,
  type StubAnswer,
  type StubServer,
} from '../../src/adapters/models/testing/stub-server.js';
import { startSystem, type System } from './support/system.js';
import { sendTool } from './support/told-tools.js';

/** What the supervisor says of the steps named here, in order; `continue` of all others. */
let judged: StubAnswer[] = [];
let stub: StubServer;
let system: System;
let sent: string[] = [];

const send = sendTool((to) => {
  sent.push(to);
});
const calls: StubAnswer = { calls: ['ann', 'bob'].map((to) => ({ tool: 'send', args: { to } })) };

beforeAll(async () => {
  stub = await startStubServer(({ messages }) => {
    const [instructions, first] = messages.map(({ content }) => String(content));
    if (instructions?.includes('You carry out one task') === true)
      return messages.some(({ role }) => role === 'tool') ? { text: 'Sent.' } : calls;
    const isNamed = first?.includes('The step "odd') === true;
    return (isNamed ? judged.shift() : undefined) ?? { json: { decision: 'continue', reason: 'fine' } };
  });
  system = await startSystem({
    tools: [send],
    settings: {
      PERDURE_MODEL: 'openai:gpt-5',
      PERDURE_SUPERVISOR_MODEL: 'openai:gpt-5-mini',
      OPENAI_BASE_URL: stub.url,
    },
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': '60' },
  });
}, TEMPORAL_TIMEOUT_MS);
beforeEach(() => {
  sent = [];
  judged = [];
});
afterAll(async () => {
  await system.release();
  await stub.close();
});

const of = <T extends RunEvent['type']>(events: readonly RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
const asked = (runId: string, id: string) =>
  expect
    .poll(() => system.approvals.find('acme', runId, id), { timeout: 20_000 })
    .toMatchObject({ status: 'pending' });
const say = (runId: string, approvalId: string, more: Partial<DecisionRequest> = {}) =>
  system.engine.decide(runId, {
    ...{ approvalId, decision: 'approve' as const, argsHash: null, args: null, note: null, by: 'ann' },
    ...more,
  });

/** Has the run go on in a new execution, by what people tell it. */
async function carriedOn(runId: string): Promise<void> {
  // Asked of the run itself: lists of executions are behind on a busy server.
  const execution = async (): Promise<string> =>
    (await system.client.workflow.getHandle(workflowIdOf(runId)).describe()).runId;
  const received = async (): Promise<number> =>
    of(await system.log.read(runId, 0, 500), 'message.received').length;
  const before = await execution();
  for (let i = 1; (await execution()) === before; i += 1) {
    await system.engine.message(runId, { id: `${before}-${i}`, text: 'Take your time.', by: 'ann' });
    // A run goes on in a new execution when it has nothing to store: one message after the other keeps it from that.
    await expect.poll(received).toBe(i);
  }
}
const timesAsked = (events: readonly RunEvent[]): string[] =>
  of(events, 'approval.requested').map(({ approvalId }) => approvalId);

test('a supervisor’s question', { timeout: 120_000 }, async () => {
  judged = [
    { json: { decision: 'ask', reason: 'it is odd', question: 'Again?' } },
    { json: { decision: 'retry', reason: 'ann said so', args: { text: 'even' } } },
  ];
  const { id } = await system.start([
    { id: 'odd', tool: 'echo', args: { text: 'odd' } },
    { id: 'after', tool: 'echo', args: { text: '{{steps.odd.output.text}}' } },
  ]);
  await asked(id, 'supervisor-1-odd');
  await carriedOn(id);
  await say(id, 'supervisor-1-odd', { args: { question: 'Again?', answer: 'yes' } });
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'even' } });
  expect(timesAsked(events)).toEqual(['supervisor-1-odd']);
  expect(
    of(events, 'supervisor.decided')
      .filter(({ stepId }) => stepId === 'odd')
      .map(({ decision }) => decision),
  ).toEqual(['ask', 'retry']);
  const told = stub.requests.filter(({ messages }) =>
    JSON.stringify(messages).includes('A person answered: yes'),
  );
  expect(told).toHaveLength(1);
  expect(await system.keepHistories('supervisor-asks', id)).toBeGreaterThan(1);
});

const agent = { id: 'work', tool: 'agent', args: { task: 'Write to both', tools: ['send'] } };

test('the second call of one answer: the first is not made again', { timeout: 120_000 }, async () => {
  const { id } = await system.start([agent]);
  await asked(id, 'call-1-0-work');
  await say(id, 'call-1-0-work');
  await asked(id, 'call-1-1-work');
  expect(sent).toEqual(['ann']);
  await carriedOn(id);
  await say(id, 'call-1-1-work');
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'Sent.' } });
  expect(sent).toEqual(['ann', 'bob']);
  expect(timesAsked(events)).toEqual(['call-1-0-work', 'call-1-1-work']);
  expect(of(events, 'agent.called')).toHaveLength(2);
  expect(await system.keepHistories('call-asked', id)).toBeGreaterThan(1);
});

test('what became of a call', { timeout: 120_000 }, async () => {
  const { id } = await system.start([agent]);
  await asked(id, 'call-1-0-work');
  // As a worker leaves it that is lost.
  await system.log.append(id, [
    {
      type: 'agent.calling',
      key: 'step/work/call/1-0/calling',
      at: new Date().toISOString(),
      stepId: 'work',
      attempt: 1,
      data: { turn: 1, tool: 'send' },
    },
  ]);
  await say(id, 'call-1-0-work');
  await asked(id, 'outcome-call-1-0-1-work');
  await carriedOn(id);
  await say(id, 'outcome-call-1-0-1-work');
  await asked(id, 'call-1-1-work');
  await say(id, 'call-1-1-work', { decision: 'deny' });
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'Sent.' } });
  expect(sent).toEqual(['ann']);
  expect(timesAsked(events)).toEqual(['call-1-0-work', 'outcome-call-1-0-1-work', 'call-1-1-work']);
  expect(await system.keepHistories('call-outcome', id)).toBeGreaterThan(1);
});
