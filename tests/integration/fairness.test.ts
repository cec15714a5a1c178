/** Tenants take turns: one that has queued many runs does not make another's single run wait for them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 } from 'uuid';
import { workflowIdOf } from '../../contracts/messages.js';
import { planSchema } from '../../contracts/plan.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { startSystem, type System } from './support/system.js';

let system: System;
beforeAll(async () => {
  system = await startSystem();
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const A_RUNS = 200;
const plan = planSchema.parse({
  steps: [
    { id: 'a', tool: 'echo', args: {} },
    { id: 'b', tool: 'echo', args: {}, dependsOn: ['a'] },
    { id: 'c', tool: 'echo', args: {}, dependsOn: ['b'] },
  ],
});

async function start(tenantId: string, priority?: number): Promise<string> {
  const run = {
    ...{ id: v7(), tenantId, goal: 'a test', agent: 'default', metadata: {} },
    ...{ requestHash: null, createdAt: new Date().toISOString() },
  };
  const tools = { echo: { timeoutSeconds: 30, effect: 'read' as const, quick: false } };
  await system.engine.start({ run, plan, inputsData: null, tools }, priority);
  return run.id;
}

const endedOfA = async (): Promise<number> =>
  (await system.store.listRuns('a', { status: ['completed'] }, A_RUNS)).runs.length;

test('a run is done long before the tail of another tenant’s two hundred', { timeout: 240_000 }, async () => {
  for (let i = 0; i < A_RUNS; i += 10) await Promise.all(Array.from({ length: 10 }, () => start('a')));
  const before = await endedOfA();
  const b = await start('b', 2);
  await system.events(b);
  const passed = (await endedOfA()) - before;
  const waiting = A_RUNS - before;
  // Of those that were waiting, most still are. Without fairness nearly all are done by now; those that the
  // worker holds in its hands cannot be passed.
  expect(waiting).toBeGreaterThan(A_RUNS / 2);
  expect(passed).toBeLessThan((waiting * 2) / 3);
  const { priority } = await system.client.workflow.getHandle(workflowIdOf(b)).describe();
  expect(priority).toMatchObject({ fairnessKey: 'b', priorityKey: 2 });
});
