/**
 * Answers that cannot be used, and a budget: what mends them is a call of its own, reserved like any other, so that a run
 * goes past its budget by no more than one call. Over real servers.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Budget } from '../../contracts/budgets.js';
import { runEventSchema, type RunEvent } from '../../contracts/events.js';
import type { JsonValue } from '../../contracts/plan.js';
import { testDirectory, TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import {
  startStubServer,
  type StubAnswer,
  type StubServer,
} from '../../src/adapters/models/testing/stub-server.js';
import { echoTool } from '../../src/tools/echo.js';
import type { Tool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

/** By what each is told of itself. */
const roles = {
  planner: 'You are the planner',
  supervisor: 'You supervise a run',
  shaper: 'does not fit the JSON schema',
  step: 'You carry out one task',
};
type Role = keyof typeof roles;
const agents = {
  supervised: { models: { supervisor: 'openai:gpt-5-mini' } },
  shaped: {
    models: { tool: 'openai:gpt-5' },
    output: { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] },
  },
};

/** Runs until it is let go. */
let letGo: () => void = () => undefined;
const held: Tool = {
  ...echoTool,
  name: 'held',
  quick: false,
  execute: (_args, { signal }) =>
    new Promise((resolve, reject) => {
      letGo = () => {
        resolve({ output: 'held' });
      };
      signal.addEventListener('abort', () => {
        reject(new Error('stopped'));
      });
    }),
};

/** What the model says in each of its roles; each answer takes 120 tokens. */
let told: Partial<Record<Role, StubAnswer[]>> = {};
let stub: StubServer;
let folder: { directory: string; remove: () => Promise<void> };
let system: System;

beforeAll(async () => {
  folder = await testDirectory();
  stub = await startStubServer(({ messages }) => {
    const instructions = String(messages[0]?.content);
    const role = (Object.keys(roles) as Role[]).find((each) => instructions.includes(roles[each]));
    const answer = role === undefined ? undefined : told[role]?.shift();
    if (answer === undefined) throw new Error(`nothing is told for ${role ?? 'this'}`);
    return answer;
  });
  const agentsFolder = path.join(folder.directory, 'agents');
  await mkdir(agentsFolder);
  for (const [name, agent] of Object.entries(agents))
    await writeFile(
      path.join(agentsFolder, `${name}.yaml`),
      JSON.stringify({ description: 'of this test', ...agent }),
    );
  system = await startSystem({
    tools: [held],
    settings: {
      PERDURE_MODEL: 'openai:gpt-5',
      PERDURE_PLANNER_MODEL: 'openai:gpt-4o',
      OPENAI_BASE_URL: stub.url,
      PERDURE_AGENTS_DIR: agentsFolder,
    },
  });
}, TEMPORAL_TIMEOUT_MS);
beforeEach(() => {
  told = {};
  stub.requests.length = 0;
});
afterAll(async () => {
  await system.release();
  await stub.close();
  await folder.remove();
});

const useless: StubAnswer = { text: 'I would rather not say.' };
const echoing = { steps: [{ id: 'a', tool: 'echo', args: { text: 'done' } }] };
const after = { id: 'after', tool: 'echo', args: {}, dependsOn: ['a'] };
const goesOn: StubAnswer = { json: { decision: 'continue', reason: 'fine' } };
const isEnough: StubAnswer = { json: { decision: 'finish', reason: 'it is enough' } };
const work = { id: 'work', tool: 'agent', args: { task: 'Count' } };

interface Mended {
  start: (budget: Budget) => Promise<{ id: string }>;
  result: JsonValue;
  /** That of its role. */
  model: string;
}
/** Of each kind a run whose first answer cannot be used, and may be mended. */
const kinds: Record<'plan' | 'judgement' | 'result', Mended> = {
  plan: {
    start: (budget) => {
      told = { planner: [useless, { json: echoing }] };
      return system.startGoal('Do it', undefined, budget);
    },
    result: { text: 'done' },
    model: 'gpt-4o',
  },
  judgement: {
    start: (budget) => {
      told = { supervisor: [useless, isEnough] };
      return system.start([...echoing.steps, after], { budget, agent: 'supervised' });
    },
    result: { text: 'done' },
    model: 'gpt-5-mini',
  },
  result: {
    start: (budget) => {
      told = { step: [{ text: 'It is three.' }], shaper: [{ json: { total: 3 } }] };
      return system.start([work], { budget, agent: 'shaped' });
    },
    result: { total: 3 },
    model: 'gpt-5',
  },
};
const each = Object.entries(kinds);

async function eventsOf(id: string): Promise<RunEvent[]> {
  const events = await system.events(id);
  for (const event of events) expect(runEventSchema.safeParse(event).error).toBeUndefined();
  return events;
}
const of = (events: readonly RunEvent[], type: string) => events.filter((event) => event.type === type);
const statusOf = async (id: string) => (await system.store.findRun('acme', id))?.status;
const untilPaused = (id: string) => expect.poll(() => statusOf(id), { timeout: 20_000 }).toBe('paused');

test.each(each)(
  'a %s is mended by a second call, which counts like the first',
  async (_, { start, result, model }) => {
    const { id } = await start({ maxTokens: 290 });
    const events = await eventsOf(id);
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', result });
    expect(of(events, 'model.called')).toHaveLength(2);
    expect(stub.requests.map(({ model: asked }) => asked)).toEqual([model, model]);
    // Both are in the run's account.
    expect(of(events, 'budget.warning')).toMatchObject([{ limit: 'tokens', used: 240, max: 290 }]);
  },
);

test.each(each)('a %s is not mended once the budget is used up', async (_, { start }) => {
  const { id } = await start({ maxTokens: 100 });
  const events = await eventsOf(id);
  expect(stub.requests).toHaveLength(1);
  expect(of(events, 'model.called')).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'budget_exhausted', message: 'the budget is used up: 120 of 100 tokens' },
  });
});

test.each(each)(
  'a %s waits for a larger budget where the run is to pause, and is mended then',
  async (kind, { start, result }) => {
    const { id } = await start({ maxTokens: 100, onExhausted: 'pause' });
    const log = async (type: string) => of(await system.log.read(id, 0, 100), type);
    await untilPaused(id);
    expect(await log('run.paused')).toMatchObject([{ limit: 'tokens' }]);
    expect(stub.requests).toHaveLength(1);
    await system.engine.resume(id, { by: 'me', budget: { maxTokens: 110 } });
    // That is too little, and people hear of it at once.
    await expect.poll(() => log('budget.changed'), { timeout: 20_000 }).toHaveLength(1);
    expect(stub.requests).toHaveLength(1);
    expect(await statusOf(id)).toBe('paused');
    await system.engine.resume(id, { by: 'me', budget: { maxTokens: 1_000 } });
    const events = await eventsOf(id);
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', result });
    expect(stub.requests).toHaveLength(2);
    if (kind !== 'result')
      expect(JSON.stringify(stub.requests[1]?.messages)).toContain('This cannot be used');
  },
);

test.each(each)('a run that waits so for its %s can be cancelled', async (_, { start }) => {
  const { id } = await start({ maxTokens: 100, onExhausted: 'pause' });
  await untilPaused(id);
  await system.engine.cancel(id, 'enough');
  expect((await eventsOf(id)).at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
  expect(stub.requests).toHaveLength(1);
});

test('a result that no model brings into its shape ends the run as failed, after one call', async () => {
  told = { step: [{ text: 'It is three.' }], shaper: [useless] };
  const { id } = await system.start([work], { agent: 'shaped' });
  expect((await eventsOf(id)).at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'result_invalid' },
  });
  expect(stub.requests).toHaveLength(2);
});

test('time that is over stops a plan that is being made', async () => {
  told = { planner: [{ text: '{"steps"', then: 'silence' }] };
  const { id } = await system.startGoal('Do it', undefined, { maxSeconds: 2 });
  expect((await eventsOf(id)).at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'budget_exhausted' },
  });
  await expect.poll(() => stub.abandoned()).toBe(1);
});

const usedUp = { maxTokens: 100 };
const reasons = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'supervisor.decided' ? [event.reason] : []));

test('where another agent has a supervisor, a run of one without asks none and keeps no room for it', async () => {
  told = { step: [{ text: 'It is three.' }] };
  const { id } = await system.start([work], { budget: usedUp });
  const events = await eventsOf(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'It is three.' } });
  expect(reasons(events)).toEqual(['the step "work" completed']);
  expect(stub.requests).toHaveLength(1);
});

test('a run that only lacks its supervisor’s word on what is done does not lack the money for it', async () => {
  told = { step: [{ text: 'It is three.' }] };
  const { id } = await system.start([work], { budget: usedUp, agent: 'supervised' });
  const events = await eventsOf(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'It is three.' } });
  expect(reasons(events)).toEqual([
    'the step "work" completed (by the rules, for the budget is used up: 120 of 100 tokens)',
  ]);
});

test('of two last words there may be money for one', async () => {
  told = { supervisor: [goesOn, goesOn] };
  const steps = ['a', 'b'].map((id) => ({ id, tool: 'echo', args: { id } }));
  const { id } = await system.start(steps, { budget: usedUp, agent: 'supervised' });
  const events = await eventsOf(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { a: { id: 'a' }, b: { id: 'b' } } });
  expect(stub.requests).toHaveLength(1);
  expect(reasons(events).sort()).toEqual(['fine', expect.stringContaining('by the rules')]);
});

test('of a step that failed the supervisor may know a way out: that is more to do', async () => {
  told = { supervisor: [goesOn] };
  const broken = { id: 'broken', tool: 'file_read', args: { path: 'none.txt' }, dependsOn: ['a'] };
  const { id } = await system.start([...echoing.steps, broken], { budget: usedUp, agent: 'supervised' });
  expect((await eventsOf(id)).at(-1)).toMatchObject({ error: { code: 'budget_exhausted' } });
});

test('what runs beside, and asks no model, comes to its end, and the run with it', async () => {
  told = { step: [{ text: 'It is three.' }] };
  const budget = { ...usedUp, onExhausted: 'pause' as const };
  const { id } = await system.start([work, { id: 'beside', tool: 'held', args: {} }], { budget });
  await expect
    .poll(async () => of(await system.log.read(id, 0, 100), 'budget.exhausted'), { timeout: 20_000 })
    .toHaveLength(1);
  letGo();
  const events = await eventsOf(id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { beside: 'held' } });
  expect(of(events, 'run.paused')).toHaveLength(0);
});
