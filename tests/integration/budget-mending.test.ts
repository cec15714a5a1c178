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

/** What the model says in each of its roles; each answer takes 120 tokens. */
let told: Partial<Record<Role, StubAnswer[]>> = {};
let stub: StubServer;
let folder: { directory: string; remove: () => Promise<void> };
/** Where any agent has a supervisor, each step's end is one more call that may have to wait for its budget. */
let systems: Record<keyof typeof agents, System>;

async function systemOf(agent: keyof typeof agents): Promise<System> {
  const agentsFolder = path.join(folder.directory, agent);
  await mkdir(agentsFolder);
  await writeFile(
    path.join(agentsFolder, `${agent}.yaml`),
    JSON.stringify({ description: 'of this test', ...agents[agent] }),
  );
  const settings = {
    PERDURE_MODEL: 'openai:gpt-5',
    PERDURE_PLANNER_MODEL: 'openai:gpt-4o',
    OPENAI_BASE_URL: stub.url,
    PERDURE_AGENTS_DIR: agentsFolder,
  };
  return startSystem({ settings });
}

beforeAll(async () => {
  folder = await testDirectory();
  stub = await startStubServer(({ messages }) => {
    const instructions = String(messages[0]?.content);
    const role = (Object.keys(roles) as Role[]).find((each) => instructions.includes(roles[each]));
    const answer = role === undefined ? undefined : told[role]?.shift();
    if (answer === undefined) throw new Error(`nothing is told for ${role ?? 'this'}`);
    return answer;
  });
  systems = { shaped: await systemOf('shaped'), supervised: await systemOf('supervised') };
}, 2 * TEMPORAL_TIMEOUT_MS);
beforeEach(() => {
  told = {};
  stub.requests.length = 0;
});
afterAll(async () => {
  await systems.shaped.release();
  await systems.supervised.release();
  await stub.close();
  await folder.remove();
});

const useless: StubAnswer = { text: 'I would rather not say.' };
const echoing = { steps: [{ id: 'a', tool: 'echo', args: { text: 'done' } }] };
const goesOn: StubAnswer = { json: { decision: 'continue', reason: 'fine' } };
const work = { id: 'work', tool: 'agent', args: { task: 'Count' } };

interface Mended {
  system: () => System;
  start: (budget: Budget) => Promise<{ id: string }>;
  result: JsonValue;
  /** That of its role. */
  model: string;
}
/** Of each kind a run whose first answer cannot be used, and may be mended. */
const kinds: Record<'plan' | 'judgement' | 'result', Mended> = {
  plan: {
    system: () => systems.shaped,
    start: (budget) => {
      told = { planner: [useless, { json: echoing }] };
      return systems.shaped.startGoal('Do it', undefined, budget);
    },
    result: { text: 'done' },
    model: 'gpt-4o',
  },
  judgement: {
    system: () => systems.supervised,
    start: (budget) => {
      told = { supervisor: [useless, goesOn] };
      return systems.supervised.start(echoing.steps, { budget, agent: 'supervised' });
    },
    result: { text: 'done' },
    model: 'gpt-5-mini',
  },
  result: {
    system: () => systems.shaped,
    start: (budget) => {
      told = { step: [{ text: 'It is three.' }], shaper: [{ json: { total: 3 } }] };
      return systems.shaped.start([work], { budget, agent: 'shaped' });
    },
    result: { total: 3 },
    model: 'gpt-5',
  },
};
const each = Object.entries(kinds);

async function eventsOf(system: System, id: string): Promise<RunEvent[]> {
  const events = await system.events(id);
  for (const event of events) expect(runEventSchema.safeParse(event).error).toBeUndefined();
  return events;
}
const of = (events: readonly RunEvent[], type: string) => events.filter((event) => event.type === type);
const statusOf = async (system: System, id: string) => (await system.store.findRun('acme', id))?.status;
const untilPaused = (system: System, id: string) =>
  expect.poll(() => statusOf(system, id), { timeout: 20_000 }).toBe('paused');

test.each(each)(
  'a %s is mended by a second call, which counts like the first',
  async (_, { system, start, result, model }) => {
    const { id } = await start({ maxTokens: 290 });
    const events = await eventsOf(system(), id);
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', result });
    expect(of(events, 'model.called')).toHaveLength(2);
    expect(stub.requests.map(({ model: asked }) => asked)).toEqual([model, model]);
    // Both are in the run's account.
    expect(of(events, 'budget.warning')).toMatchObject([{ limit: 'tokens', used: 240, max: 290 }]);
  },
);

test.each(each)('a %s is not mended once the budget is used up', async (_, { system, start }) => {
  const { id } = await start({ maxTokens: 100 });
  const events = await eventsOf(system(), id);
  expect(stub.requests).toHaveLength(1);
  expect(of(events, 'model.called')).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'budget_exhausted', message: 'the budget is used up: 120 of 100 tokens' },
  });
});

test.each(each)(
  'a %s waits for a larger budget where the run is to pause, and is mended then',
  async (kind, { system, start, result }) => {
    const { id } = await start({ maxTokens: 100, onExhausted: 'pause' });
    const log = async (type: string) => of(await system().log.read(id, 0, 100), type);
    await untilPaused(system(), id);
    expect(await log('run.paused')).toMatchObject([{ limit: 'tokens' }]);
    expect(stub.requests).toHaveLength(1);
    await system().engine.resume(id, { by: 'me', budget: { maxTokens: 110 } });
    // That is too little, and people hear of it at once.
    await expect.poll(() => log('budget.changed'), { timeout: 20_000 }).toHaveLength(1);
    expect(stub.requests).toHaveLength(1);
    expect(await statusOf(system(), id)).toBe('paused');
    await system().engine.resume(id, { by: 'me', budget: { maxTokens: 1_000 } });
    const events = await eventsOf(system(), id);
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', result });
    expect(stub.requests).toHaveLength(2);
    if (kind !== 'result')
      expect(JSON.stringify(stub.requests[1]?.messages)).toContain('This cannot be used');
  },
);

test.each(each)('a run that waits so for its %s can be cancelled', async (_, { system, start }) => {
  const { id } = await start({ maxTokens: 100, onExhausted: 'pause' });
  await untilPaused(system(), id);
  await system().engine.cancel(id, 'enough');
  expect((await eventsOf(system(), id)).at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
  expect(stub.requests).toHaveLength(1);
});

test('a result that no model brings into its shape ends the run as failed, after one call', async () => {
  told = { step: [{ text: 'It is three.' }], shaper: [useless] };
  const { id } = await systems.shaped.start([work], { agent: 'shaped' });
  expect((await eventsOf(systems.shaped, id)).at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'result_invalid' },
  });
  expect(stub.requests).toHaveLength(2);
});

test('time that is over stops a plan that is being made', async () => {
  told = { planner: [{ text: '{"steps"', then: 'silence' }] };
  const { id } = await systems.shaped.startGoal('Do it', undefined, { maxSeconds: 2 });
  expect((await eventsOf(systems.shaped, id)).at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'budget_exhausted' },
  });
  await expect.poll(() => stub.abandoned()).toBe(1);
});
