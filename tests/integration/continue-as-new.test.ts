/** Long runs go on in a new execution: here after some hundred events instead of some thousand. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { echoTool } from '../../src/tools/echo.js';
import { startSystem, type System } from './support/system.js';

/** Costs events of the history, as quick tools do not. */
const slowEcho = { ...echoTool, name: 'slow_echo', quick: false };

let system: System;
beforeAll(async () => {
  system = await startSystem({
    tools: [slowEcho],
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': '150' },
  });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

test('steps, failures and timers are carried over, each step done once', { timeout: 120_000 }, async () => {
  const chain = Array.from({ length: 120 }, (_, i) => ({
    id: `s${i}`,
    // Both ways of carrying a step out, in turns.
    tool: i % 3 === 0 ? 'echo' : 'slow_echo',
    args: { i, before: i === 0 ? null : `{{steps.s${i - 1}.output.i}}` },
  }));
  const run = await system.start([
    ...chain,
    { id: 'timer', tool: 'wait', args: { seconds: 4 } },
    { id: 'late', tool: 'echo', args: { late: true }, dependsOn: ['timer'] },
    { id: 'bad', tool: 'file_read', args: { path: 'nothing' }, onFailure: 'continue' },
    { id: 'never', tool: 'echo', args: {}, dependsOn: ['bad'] },
  ]);
  const events = await system.events(run.id);
  expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i + 1));
  const completed = events.filter((e) => e.type === 'step.completed').map((e) => e.stepId);
  expect(completed.toSorted()).toEqual([...chain.map((s) => s.id), 'timer', 'late'].toSorted());
  expect(events.filter((e) => e.type === 'step.started')).toHaveLength(123);
  expect(events.at(-1)).toMatchObject({
    type: 'run.completed',
    result: { s119: { i: 119, before: 118 }, late: { late: true } },
  });
  expect(await system.keepHistories('continued', run.id)).toBeGreaterThan(2);
});

test('a cancel reaches the execution that goes on', { timeout: 60_000 }, async () => {
  const run = await system.start(
    Array.from({ length: 400 }, (_, i) => ({
      id: `s${i}`,
      tool: 'slow_echo',
      args: {},
      ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
    })),
  );
  await expect.poll(() => system.log.read(run.id, 200, 1), { timeout: 30_000 }).toHaveLength(1);
  expect(await system.engine.cancel(run.id, 'too long')).toBe(true);
  expect((await system.events(run.id)).at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'too long' });
});
