/**
 * Answers of models that were paid for, and of which nobody heard what they took: the run's budget counts them as much as
 * what was kept for them. Over real servers.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runEventSchema, type RunEvent } from '../../contracts/events.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import {
  startStubServer,
  type StubAnswer,
  type StubServer,
} from '../../src/adapters/models/testing/stub-server.js';
import { runWorker } from '../../src/worker/run-worker.js';
import { startSystem, type System } from './support/system.js';

/** Each answer that comes to its end takes 120 tokens. */
let told: StubAnswer[] = [];
let stub: StubServer;
let system: System;
const workers: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  stub = await startStubServer(() => told.shift() ?? { status: 500 });
  system = await startSystem({
    settings: { PERDURE_MODEL: 'openai:gpt-5,openai:gpt-4o', OPENAI_BASE_URL: stub.url },
  });
  workers.push(system.worker);
}, TEMPORAL_TIMEOUT_MS);
beforeEach(() => {
  stub.requests.length = 0;
});
afterAll(async () => {
  for (const worker of workers) await worker.stop();
  await system.release();
  await stub.close();
});

const good: StubAnswer = { text: 'Done.' };
const plan: StubAnswer = { json: { steps: [{ id: 'a', tool: 'echo', args: { text: 'done' } }] } };
/** Of 300 tokens 240 are four fifths. */
const budget = { maxTokens: 300 };

const start = (): Promise<{ id: string }> =>
  system.start([{ id: 'work', tool: 'agent', args: { task: 'Work' } }], { budget });
async function endOf({ id }: { id: string }): Promise<RunEvent[]> {
  const events = await system.events(id);
  for (const event of events) expect(runEventSchema.safeParse(event).error).toBeUndefined();
  expect(events.at(-1)?.type).toBe('run.completed');
  return events;
}
const of = (events: readonly RunEvent[], type: string) => events.filter((event) => event.type === type);

test.each<[string, StubAnswer, () => Promise<{ id: string }>]>([
  ['step', good, start],
  ['plan', plan, () => system.startGoal('Do it', undefined, budget)],
])(
  'a model’s answer to a %s that broke off counts, also where the next model is asked',
  async (_, last, begin) => {
    told = [{ text: 'It i', then: 'cut' }, last];
    const events = await endOf(await begin());
    expect(of(events, 'model.called')).toMatchObject([{ model: 'openai:gpt-4o', unheard: 1 }]);
    expect(of(events, 'budget.warning')).toMatchObject([{ limit: 'tokens', used: 240 }]);
  },
);

test('an answer that was lost with its worker counts, and the one that takes its place', async () => {
  told = [{ text: 'It i', then: 'silence' }, good];
  const run = await start();
  await expect.poll(() => stub.requests, { timeout: 20_000 }).toHaveLength(1);
  await workers.pop()?.stop();
  const next = runWorker({ ...system.worker.settings, version: null });
  workers.push(next);
  await next.polling;
  const events = await endOf(run);
  expect(of(events, 'model.called')).toMatchObject([{ model: 'openai:gpt-5', unheard: 1 }]);
  expect(of(events, 'budget.warning')).toMatchObject([{ limit: 'tokens', used: 240 }]);
});

test('where no answer was ever heard to its end, all that was kept for it counts, and no more is asked', async () => {
  told = Array.from({ length: 10 }, () => ({ text: 'It i', then: 'cut' }));
  const step = { tool: 'agent', args: { task: 'Work' }, onFailure: 'continue' } as const;
  const run = await system.start(
    [
      { ...step, id: 'first' },
      { ...step, id: 'second' },
    ],
    { budget, maxParallel: 1 },
  );
  const events = await system.events(run.id);
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'budget_exhausted' } });
  expect(of(events, 'budget.exhausted')).toMatchObject([{ limit: 'tokens', max: 300, used: 300 }]);
  // Five attempts, each at both models.
  expect(stub.requests).toHaveLength(10);
});

test('a refusal took nothing, and neither did a server that is away', async () => {
  told = [{ status: 429, headers: { 'retry-after': '0' } }, { status: 503 }, good];
  const events = await endOf(await start());
  const [called] = of(events, 'model.called');
  expect(called).toMatchObject({ model: 'openai:gpt-5' });
  expect(called).not.toHaveProperty('unheard');
  expect(of(events, 'budget.warning')).toEqual([]);
});
