/** Tenants take turns: one that has queued many runs does not make another's single run wait for them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activityInfo } from '@temporalio/activity';
import { v7 } from 'uuid';
import { z } from 'zod';
import { workflowIdOf } from '../../contracts/messages.js';
import { planSchema } from '../../contracts/plan.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import type { Tool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

/** Tells by which key its activity was queued. */
const queuedBy: Tool = {
  name: 'queued_by',
  description: '',
  effect: 'read',
  timeoutSeconds: 30,
  maxAttempts: 1,
  args: z.object({}),
  execute: () => Promise.resolve({ output: activityInfo().priority?.fairnessKey ?? null }),
};

let system: System;
beforeAll(async () => {
  system = await startSystem({ tools: [queuedBy] });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const A_RUNS = 200;
const plan = planSchema.parse({
  steps: [
    { id: 'a', tool: 'echo', args: {} },
    { id: 'b', tool: 'echo', args: {}, dependsOn: ['a'] },
    { id: 'c', tool: 'queued_by', args: {}, dependsOn: ['b'] },
  ],
});

async function start(tenantId: string, priority?: number): Promise<string> {
  const run = {
    ...{ id: v7(), tenantId, goal: 'a test', agent: 'default', metadata: {} },
    ...{ requestHash: null, createdAt: new Date().toISOString() },
  };
  const traits = { timeoutSeconds: 30, effect: 'read' as const };
  const tools = { echo: traits, queued_by: traits };
  await system.engine.start({ run, plan, inputsData: null, tools }, priority);
  return run.id;
}

test('a run is done long before the tail of another tenant’s two hundred', { timeout: 240_000 }, async () => {
  const ended: string[] = [];
  const watch = (tenant: string, id: string) =>
    system.client.workflow
      .getHandle(workflowIdOf(id))
      .result()
      .then(() => ended.push(tenant));
  const waits: Promise<number>[] = [];
  for (let i = 0; i < A_RUNS; i += 50) {
    const ids = await Promise.all(Array.from({ length: 50 }, () => start('a')));
    waits.push(...ids.map((id) => watch('a', id)));
  }
  const before = ended.length;
  const b = await start('b');
  await watch('b', b);
  const passed = ended.length - 1 - before;
  const waiting = A_RUNS - before;
  // Of those that were waiting, most still are.
  expect(waiting).toBeGreaterThan(A_RUNS / 3);
  expect(passed).toBeLessThan(waiting / 2);
  // The activities are queued by the key of their run, which says nothing about them.
  const last = (await system.events(b)).find((event) => event.type === 'run.completed');
  expect(last).toMatchObject({ result: 'b' });

  await Promise.all(waits);
});
