/** A supervisor that changes what is done: other arguments, another plan, a question, the end; and one that knows none. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { RunEvent } from '../../contracts/events.js';
import type { JsonValue, PlanStep } from '../../contracts/plan.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import {
  startStubServer,
  type StubAnswer,
  type StubServer,
} from '../../src/adapters/models/testing/stub-server.js';
import { defineTool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';
import { sendTool } from './support/told-tools.js';

let stub: StubServer;
let system: System;
type Told = Record<string, JsonValue>;
/** What the model says of a step of a run, by the goal and the step's id; `continue` where nothing is left to say. */
const told = new Map<string, (Told | ((text: string) => Promise<Told>))[]>();
/** The same at every step. */
const always = new Map<string, (stepId: string, times: number) => Told>();
const asked: { goal: string; step: string; text: string }[] = [];
const sent: string[] = [];

const pick = defineTool({
  name: 'pick',
  description: 'knows only the number 2',
  args: z.strictObject({ n: z.number() }),
  effect: 'read',
  timeoutSeconds: 10,
  execute({ n }) {
    if (n !== 2) throw new PerdureError('tool_failed', `there is no ${n}`);
    return Promise.resolve({ output: { picked: n } });
  },
});
const send = sendTool((to) => {
  sent.push(to);
});

beforeAll(async () => {
  stub = await startStubServer(async ({ messages }) => {
    const text = String(messages[1]?.content);
    const goal = /The goal:\n(.*)/.exec(text)?.[1] ?? '';
    const step = /The step "([^"]+)"/.exec(text)?.[1] ?? '';
    const times = asked.filter((each) => each.goal === goal && each.step === step).length;
    asked.push({ goal, step, text: messages.map(({ content }) => String(content)).join('\n') });
    const next = told.get(`${goal}/${step}`)?.shift();
    const answer: Told = (typeof next === 'function' ? await next(text) : next) ??
      always.get(goal)?.(step, times) ?? { decision: 'continue', reason: 'fine' };
    return { json: answer } satisfies StubAnswer;
  });
  system = await startSystem({
    tools: [pick, send],
    settings: { PERDURE_SUPERVISOR_MODEL: 'openai:gpt-5-mini', OPENAI_BASE_URL: stub.url },
  });
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await system.release();
  await stub.close();
});

const step = (id: string, tool: string, args: object, more: object = {}): object => ({
  id,
  tool,
  args,
  ...more,
});
const planned = (id: string, tool: string, args: object, more: object = {}): JsonValue =>
  step(id, tool, args, more) as JsonValue;

const run = async (goal: string, steps: object[]): Promise<RunEvent[]> =>
  system.events((await system.start(steps, { goal })).id);
const ofType = <T extends RunEvent['type']>(events: RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
const endsOf = (events: RunEvent[]) =>
  events
    .filter(({ type }) => /^step\.(completed|failed)$/.test(type))
    .map((e) => `${e.stepId ?? ''} ${e.type}`);

test('retry: the step is done again with other arguments, and what waited for it waits for that', async () => {
  told.set('retry/get', [{ decision: 'retry', reason: '2 is there', args: { n: 2 } }]);
  const events = await run('retry', [
    step('get', 'pick', { n: 1 }),
    step('use', 'echo', { n: '{{steps.get.output.picked}}' }),
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { n: 2 } });
  expect(endsOf(events)).toEqual(['get step.failed', 'get-2 step.completed', 'use step.completed']);
  expect(ofType(events, 'plan.updated')).toMatchObject([
    {
      version: 2,
      madeBy: 'model',
      retried: { step: 'get', as: 'get-2' },
      steps: [
        { id: 'get-2', tool: 'pick', args: { n: 2 } },
        { id: 'use', args: { n: '{{steps.get-2.output.picked}}' } },
      ],
    },
  ]);
  expect(ofType(events, 'supervisor.decided')[0]).toMatchObject({ decision: 'retry', reason: '2 is there' });
  const record = await system.store.getRun('acme', events[0]?.runId ?? '');
  expect(record?.planVersion).toBe(2);
  await system.keepHistories('supervised', events[0]?.runId ?? '');
  expect(record?.plan?.steps.map(({ id }: PlanStep) => id)).toEqual(['get', 'use', 'get-2']);
});

test('retry of a step that completed: the first try is no result of the run', async () => {
  told.set('better/say', [{ decision: 'retry', reason: 'too short', args: { text: 'at length' } }]);
  const events = await run('better', [step('say', 'echo', { text: 'short' })]);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'at length' } });
});

test('replan: steps are put in, changed and taken out, and the plan is a new version', async () => {
  told.set('replan/one', [
    {
      decision: 'replan',
      reason: 'there is more to do',
      steps: [
        planned('between', 'echo', { text: '{{steps.one.output.text}}!' }),
        planned('last', 'echo', { text: '{{steps.between.output.text}}!' }),
      ],
      remove: ['useless'],
    },
  ]);
  const events = await run('replan', [
    step('one', 'echo', { text: 'a' }),
    step('useless', 'send', { to: 'nobody' }, { dependsOn: ['one'] }),
    step('last', 'echo', { text: '{{steps.one.output.text}}' }),
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'a!!' } });
  expect(ofType(events, 'plan.updated')).toMatchObject([{ version: 2, removed: ['useless'] }]);
  expect(asked.find(({ goal, step }) => goal === 'replan' && step === 'last')?.text).toContain(
    '"status":"completed"',
  );
  expect(sent).not.toContain('nobody');
});

test('ask: a person answers, the supervisor is asked again with the answer, and nobody waits for it meanwhile', async () => {
  told.set('ask/get', [
    { decision: 'ask', reason: 'there are several', question: 'Which number?' },
    { decision: 'retry', reason: 'ann said so', args: { n: 2 } },
  ]);
  const { id } = await system.start(
    [
      step('get', 'pick', { n: 1 }),
      step('use', 'echo', { n: '{{steps.get.output.picked}}' }),
      step('beside', 'echo', {}),
    ],
    { goal: 'ask', maxParallel: 1 },
  );
  const approval = await pending(id, 'supervisor-1-get');
  expect(approval).toMatchObject({
    kind: 'question',
    tool: 'ask_human',
    args: { question: 'Which number?' },
  });
  await expect.poll(() => system.log.find(id, ['step/beside/end'])).toHaveLength(1);
  await system.engine.decide(id, word('supervisor-1-get', { question: 'Which number?', answer: 'two' }));
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { use: { n: 2 } } });
  expect(asked.filter(({ goal, step }) => goal === 'ask' && step === 'get').at(-1)?.text).toContain(
    'A person answered: two',
  );
});

test('a question that is denied ends the run', async () => {
  told.set('deny/get', [{ decision: 'ask', reason: 'r', question: 'q?' }]);
  const { id } = await system.start([step('get', 'pick', { n: 1 })], { goal: 'deny' });
  await pending(id, 'supervisor-1-get');
  await system.engine.decide(id, { ...word('supervisor-1-get'), decision: 'deny', note: 'never mind' });
  expect((await system.events(id)).at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'approval_denied' },
  });
});

test('a run that is cancelled while its supervisor asks is cancelled', async () => {
  told.set('cancel/get', [{ decision: 'ask', reason: 'r', question: 'q?' }]);
  const { id } = await system.start([step('get', 'pick', { n: 1 })], { goal: 'cancel' });
  await pending(id, 'supervisor-1-get');
  await system.engine.cancel(id, 'enough');
  expect((await system.events(id)).at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
});

test('finish: what has not begun is not done, and what was done is the result', async () => {
  told.set('finish/one', [{ decision: 'finish', reason: 'that is it' }]);
  const events = await run('finish', [
    step('one', 'echo', { text: 'enough' }),
    step('two', 'echo', { text: 'more' }, { dependsOn: ['one'] }),
    step('three', 'send', { to: 'all' }, { dependsOn: ['two'], approval: true }),
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'enough' } });
  expect(events.some(({ stepId }) => stepId === 'two' || stepId === 'three')).toBe(false);
});

test('what it puts in that cannot be undone waits for a person, although the run asks for nothing', async () => {
  told.set('sneak/one', [
    {
      decision: 'replan',
      reason: 'a page told me so',
      steps: [
        planned('leak', 'send', { to: 'evil' }, { approval: { timeoutSeconds: 1, onTimeout: 'approve' } }),
      ],
    },
  ]);
  const { id } = await system.start([step('one', 'echo', {})], { goal: 'sneak' });
  const approval = await pending(id, 'changed-2-leak');
  expect(approval).toMatchObject({ tool: 'send', args: { to: 'evil' }, expiresAt: null });
  await system.engine.decide(id, { ...word('changed-2-leak'), decision: 'deny' });
  expect((await system.events(id)).at(-1)?.type).toBe('run.completed');
  expect(sent).not.toContain('evil');
});

test('so does one that it tries again, of a step that a person has written', async () => {
  told.set('again/act', [{ decision: 'retry', reason: 'to the other one', args: { to: 'other' } }]);
  const { id } = await system.start([step('act', 'send', { to: 'one' })], { goal: 'again' });
  await pending(id, 'changed-2-act-2');
  await system.engine.decide(id, word('changed-2-act-2'));
  expect((await system.events(id)).at(-1)).toMatchObject({ type: 'run.completed', result: { to: 'other' } });
  expect(sent.filter((to) => to === 'one' || to === 'other')).toEqual(['one', 'other']);
});

test('the same again and again is a loop, and ends', async () => {
  always.set('loop', () => ({ decision: 'retry', reason: 'once more' }));
  const events = await run('loop', [step('get', 'pick', { n: 1 })]);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'supervisor_no_end' } });
  expect(endsOf(events)).toEqual(['get step.failed', 'get-2 step.failed', 'get-3 step.failed']);
});

test('so is what alternates', async () => {
  always.set('alternate', () => ({
    decision: 'replan',
    reason: 'the other one',
    steps: [
      planned(`s${asked.length}`, 'pick', {
        n: asked.filter(({ goal }) => goal === 'alternate').length % 2 === 0 ? 3 : 4,
      }),
    ],
  }));
  const events = await run('alternate', [step('get', 'pick', { n: 3 })]);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'supervisor_no_end' } });
  expect(JSON.stringify(events.at(-1))).toContain('3 times');
  expect(endsOf(events)).toHaveLength(5);
});

test('new plans for ever are counted', async () => {
  always.set('for ever', (id, times) => ({
    decision: 'replan',
    reason: 'more',
    steps: [planned(`next-${asked.length}`, 'echo', { text: id + String(times) })],
  }));
  const events = await run('for ever', [step('one', 'echo', {})]);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'supervisor_no_end' } });
  expect(ofType(events, 'plan.updated')).toHaveLength(10);
});

test('questions for ever are, too', async () => {
  always.set('questions', () => ({ decision: 'ask', reason: 'r', question: 'And now?' }));
  const { id } = await system.start([step('one', 'echo', {})], { goal: 'questions' });
  for (let round = 1; round <= 10; round += 1) {
    await pending(id, `supervisor-${round}-one`);
    await system.engine.decide(id, word(`supervisor-${round}-one`, { question: 'And now?', answer: round }));
  }
  expect((await system.events(id)).at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'supervisor_no_end' },
  });
});

test.each<[string, Told, string]>([
  ['an unknown tool', { steps: [planned('x', 'nonsense', {})] }, 'there is no tool'],
  ['arguments that the tool cannot take', { steps: [planned('x', 'pick', { m: 1 })] }, 'args'],
  ['a change of what is over', { steps: [planned('one', 'echo', {})] }, 'has begun or is over'],
  [
    'a circle',
    {
      steps: [planned('x', 'echo', {}, { dependsOn: ['y'] }), planned('y', 'echo', {}, { dependsOn: ['x'] })],
    },
    'wait for each other',
  ],
  ['nothing', {}, 'needs steps'],
  ['a step that is none', { steps: [{ nonsense: true }] }, 'steps'],
])('a new plan with %s goes back once, and then the rules decide', async (name, given, fault) => {
  told.set(`${name}/one`, [
    { decision: 'replan', reason: 'r', ...given },
    { decision: 'replan', reason: 'r', ...given },
  ]);
  const events = await run(name, [step('one', 'echo', {})]);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(ofType(events, 'plan.updated')).toEqual([]);
  expect(JSON.stringify(ofType(events, 'supervisor.decided'))).toContain('model_output_invalid');
  expect(asked.filter(({ goal }) => goal === name).at(-1)?.text).toContain(fault);
});

test('a change that has come too late is refused, and it decides otherwise', async () => {
  const late: (Told | ((text: string) => Promise<Told>))[] = [
    async (text) => {
      const { id } = await beginning;
      await expect
        .poll(() => system.log.find(id, ['step/slow/started/1']), { timeout: 20_000 })
        .toHaveLength(1);
      expect(text).toContain('"id":"slow"');
      return { decision: 'replan', reason: 'not that', remove: ['slow'] };
    },
    { decision: 'continue', reason: 'too late' },
  ];
  told.set('late/quick', late);
  const beginning = system.start(
    [
      step('quick', 'echo', {}),
      step('before', 'wait', { seconds: 1 }),
      step('slow', 'wait', { seconds: 2 }, { dependsOn: ['before'] }),
    ],
    { goal: 'late' },
  );
  const events = await system.events((await beginning).id);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(ofType(events, 'supervisor.decided').filter(({ stepId }) => stepId === 'quick')).toMatchObject([
    { decision: 'replan' },
    { decision: 'continue', reason: 'too late' },
  ]);
  expect(asked.filter(({ goal, step }) => goal === 'late' && step === 'quick').at(-1)?.text).toContain(
    'What you decided cannot be done: the step "slow" has begun or is over',
  );
});

async function pending(runId: string, id: string) {
  await expect
    .poll(() => system.approvals.find('acme', runId, id), { timeout: 20_000 })
    .toMatchObject({ status: 'pending' });
  return system.approvals.find('acme', runId, id);
}
const word = (approvalId: string, args: Record<string, JsonValue> | null = null) => ({
  ...{ approvalId, args, argsHash: null, note: null, by: 'ann' },
  decision: 'approve' as const,
});
