/** Budgets over real servers: warned of, used up, topped up; by tokens, cost, steps and time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { startStubServer, type StubServer } from '../../src/adapters/models/testing/stub-server.js';
import { echoTool } from '../../src/tools/echo.js';
import { startSystem, type System } from './support/system.js';

/** Costs events of the history, as quick tools do not. */
const slowEcho = { ...echoTool, name: 'slow_echo', quick: false };

/** Each answer takes 120 tokens, and 0.000325 US dollars of gpt-5. */
let stub: StubServer;
let system: System;
const plan = {
  steps: ['a', 'b', 'c'].map((id) => ({ id, tool: 'echo', args: { id } })),
};

beforeAll(async () => {
  stub = await startStubServer(() => ({ json: plan }));
  system = await startSystem({
    tools: [slowEcho],
    settings: { PERDURE_PLANNER_MODEL: 'openai:gpt-5', OPENAI_BASE_URL: stub.url },
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': '150' },
  });
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await system.release();
  await stub.close();
});

const recordOf = (id: string) => system.store.getRun('acme', id);
const untilPaused = (id: string) =>
  expect.poll(async () => (await recordOf(id))?.status, { timeout: 20_000 }).toBe('paused');
const of = (events: readonly RunEvent[], type: string) => events.filter((event) => event.type === type);

test('a plan that takes more than its budget is the end: nothing is begun', async () => {
  const { id } = await system.startGoal('Do it', undefined, { maxTokens: 100 });
  const events = await system.events(id);
  expect(of(events, 'budget.warning')).toMatchObject([{ limit: 'tokens', max: 100, used: 120 }]);
  expect(of(events, 'budget.exhausted')).toMatchObject([
    { limit: 'tokens', max: 100, used: 120, onExhausted: 'fail' },
  ]);
  expect(of(events, 'step.started')).toHaveLength(0);
  expect(events.at(-1)).toMatchObject({
    type: 'run.failed',
    error: {
      code: 'budget_exhausted',
      message: 'the budget is used up: 120 of 100 tokens',
      retryable: false,
    },
  });
  expect((await recordOf(id))?.budget).toEqual({ maxTokens: 100, exhausted: 'tokens' });
});

test('one that is to pause waits for a larger budget, and takes no smaller one', async () => {
  const budget = { maxCostUsd: 0.0003, onExhausted: 'pause' as const };
  const { id } = await system.startGoal('Do it', undefined, budget);
  await untilPaused(id);
  const paused = (await system.log.read(id, 0, 100)).find(({ type }) => type === 'run.paused');
  expect(paused).toMatchObject({ limit: 'costUsd' });
  expect(JSON.stringify(paused)).toContain('0.000325 of 0.0003 US dollars');
  expect((await recordOf(id))?.budget).toEqual({ ...budget, exhausted: 'costUsd' });
  await system.engine.resume(id, { by: 'me' });
  await system.engine.resume(id, { by: 'me', budget: { maxCostUsd: 0.00031 } });
  await expect
    .poll(async () => of(await system.log.read(id, 0, 100), 'budget.changed'), { timeout: 20_000 })
    .toHaveLength(1);
  expect((await recordOf(id))?.status).toBe('paused');
  await system.engine.resume(id, { by: 'me', budget: { maxCostUsd: 1 } });
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { c: { id: 'c' } } });
  expect(of(events, 'run.resumed')).toMatchObject([{ by: 'me' }]);
  expect(of(events, 'budget.changed').at(-1)).toMatchObject({
    by: 'me',
    budget: { ...budget, maxCostUsd: 1 },
  });
  expect((await recordOf(id))?.budget).toEqual({ ...budget, maxCostUsd: 1 });
});

test('a budget that is used to its end and no further is warned of once, and ends nothing', async () => {
  const { id } = await system.start(plan.steps, { budget: { maxSteps: 3, maxTokens: 5 } });
  const events = await system.events(id);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(of(events, 'budget.warning')).toMatchObject([{ limit: 'steps', max: 3, used: 3 }]);
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['run.queued', 'run.started']);
  expect(of(events, 'budget.exhausted')).toHaveLength(0);
});

test.each([
  ['quick', 'echo'],
  ['other', 'slow_echo'],
])('no more %s steps are begun than there may be, and those that run come to their end', async (_, tool) => {
  const steps = Array.from({ length: 6 }, (_unused, i) => ({ id: `s${i}`, tool, args: {} }));
  const { id } = await system.start(steps, { budget: { maxSteps: 4 } });
  const events = await system.events(id);
  expect(of(events, 'step.started')).toHaveLength(4);
  expect(of(events, 'step.completed')).toHaveLength(4);
  expect(events.at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'budget_exhausted', message: 'the budget is used up: 4 of 4 steps' },
  });
});

test('time that is over stops what runs, but not while the run is paused', async () => {
  const steps = [{ id: 'long', tool: 'wait', args: { seconds: 600 } }];
  const { id } = await system.start(steps, { budget: { maxSeconds: 2 } });
  const events = await system.events(id);
  expect(of(events, 'budget.warning')).toMatchObject([{ limit: 'seconds', max: 2 }]);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'budget_exhausted' } });

  const later = await system.start(
    [
      { id: 'wait', tool: 'wait', args: { seconds: 3 } },
      { id: 'after', tool: 'echo', args: { text: 'done' }, dependsOn: ['wait'] },
    ],
    { budget: { maxSeconds: 1, onExhausted: 'pause' } },
  );
  await untilPaused(later.id);
  await system.engine.resume(later.id, { by: null, budget: { maxSeconds: 60 } });
  expect((await system.events(later.id)).at(-1)).toMatchObject({
    type: 'run.completed',
    result: { text: 'done' },
  });
});

test('what is used is carried over to the executions that follow', { timeout: 120_000 }, async () => {
  const steps = Array.from({ length: 60 }, (_, i) => ({
    id: `s${i}`,
    tool: 'slow_echo',
    args: {},
    ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
  }));
  const { id } = await system.start(steps, { budget: { maxSteps: 50 } });
  const events = await system.events(id);
  expect(of(events, 'step.started')).toHaveLength(50);
  expect(of(events, 'budget.warning')).toMatchObject([{ limit: 'steps', used: 40 }]);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'budget_exhausted' } });
  expect(await system.keepHistories('budgeted', id)).toBeGreaterThan(1);
});
