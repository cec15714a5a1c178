/** How steps run, fail and are repeated when what they stand on fails: over real servers, with cut lines. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { RunEvent } from '../../contracts/events.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { defineTool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

/** What the tools below have done, by the name in their args. */
const acts: Record<string, number> = {};
let system: System;

const act = (name: string): number => (acts[name] = (acts[name] ?? 0) + 1);
const named = z.strictObject({ name: z.string() });

/** Acts, and loses the database before anybody can write that it did. */
const cutTool = defineTool({
  name: 'act_and_cut',
  description: 'acts, then cuts the database off',
  args: named.extend({ seconds: z.number(), how: z.enum(['cut', 'stall']).default('cut') }),
  effect: 'irreversible',
  timeoutSeconds: 30,
  execute: ({ name, seconds, how }) => {
    act(name);
    system.database[how]();
    setTimeout(() => {
      system.database.mend();
    }, seconds * 1000);
    return Promise.resolve({ output: { name } });
  },
});
const flakyTool = defineTool({
  name: 'flaky',
  description: 'fails twice, then works',
  args: named,
  effect: 'read',
  timeoutSeconds: 30,
  execute: ({ name }) => {
    if (act(name) < 3)
      return Promise.reject(new PerdureError('tool_unavailable', 'not now', { retryAfterSeconds: 0.1 }));
    return Promise.resolve({ output: acts[name] ?? 0 });
  },
});
const brokenTool = defineTool({
  name: 'broken',
  description: 'fails for good, in one of three ways',
  args: z.strictObject({ how: z.enum(['terminal', 'always', 'defect']) }),
  effect: 'read',
  timeoutSeconds: 30,
  maxAttempts: 2,
  execute: ({ how }) => {
    act(how);
    if (how === 'defect') throw new TypeError('x is not a function');
    const code = how === 'terminal' ? 'tool_failed' : 'tool_unavailable';
    return Promise.reject(new PerdureError(code, how, { retryAfterSeconds: 0.1 }));
  },
});
/** Runs until it is stopped. */
const patientTool = defineTool({
  name: 'patient',
  description: 'ends when it is told to',
  args: named,
  effect: 'read',
  timeoutSeconds: 60,
  execute: ({ name }, { signal }) => {
    act(name);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('stopped'));
      });
    });
  },
});
const deafTool = defineTool({
  name: 'deaf',
  description: 'never ends and heeds no signal',
  args: z.strictObject({}),
  effect: 'irreversible',
  timeoutSeconds: 1,
  execute: () => new Promise(() => undefined),
});

beforeAll(async () => {
  system = await startSystem({ tools: [cutTool, flakyTool, brokenTool, deafTool, patientTool] });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const typesOf = (events: RunEvent[], step?: string): string[] =>
  events.filter((e) => step === undefined || e.stepId === step).map((e) => e.type);

test(
  'an append that fails never repeats a tool, however long the database is away',
  { timeout: 90_000 },
  async () => {
    const run = await system.start([
      { id: 'before', tool: 'echo', args: { x: 1 } },
      // Longer than the activity waits: the events go back to the workflow, and along with the next append.
      { id: 'cut', tool: 'act_and_cut', args: { name: 'long', seconds: 8 }, dependsOn: ['before'] },
      { id: 'after', tool: 'echo', args: { y: '{{steps.cut.output.name}}' } },
    ]);
    const events = await system.events(run.id);
    expect(acts.long).toBe(1);
    expect(typesOf(events)).toEqual([
      'run.queued',
      'run.started',
      'plan.created',
      ...['before', 'cut', 'after'].flatMap(() => ['step.started', 'step.completed', 'supervisor.decided']),
      'run.completed',
    ]);
    expect(events.at(-1)).toMatchObject({ result: { y: 'long' } });
    await system.keepHistories('database-away', run.id);
  },
);

test('nor does one that hangs', { timeout: 120_000 }, async () => {
  const run = await system.start([
    { id: 'stall', tool: 'act_and_cut', args: { name: 'stalled', seconds: 20, how: 'stall' } },
    { id: 'after', tool: 'echo', args: { y: '{{steps.stall.output.name}}' } },
  ]);
  const events = await system.events(run.id);
  expect(acts.stalled).toBe(1);
  expect(typesOf(events, 'stall')).toEqual(['step.started', 'step.completed', 'supervisor.decided']);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { y: 'stalled' } });
});

test(
  'a run whose record could not be made at its submission makes it itself',
  { timeout: 60_000 },
  async () => {
    system.database.cut();
    const run = await system.start([{ id: 'a', tool: 'echo', args: {} }]);
    await sleep(1_500);
    system.database.mend();
    expect(typesOf(await system.events(run.id))).toContain('run.completed');
    expect(await system.store.getRun('acme', run.id)).toMatchObject({ status: 'completed', goal: 'a test' });
  },
);

test(
  'what may pass is tried again by its own word, what cannot pass is not',
  { timeout: 60_000 },
  async () => {
    const run = await system.start([
      { id: 'flaky', tool: 'flaky', args: { name: 'flaky' }, onFailure: 'continue' },
      { id: 'terminal', tool: 'broken', args: { how: 'terminal' }, onFailure: 'continue' },
      { id: 'always', tool: 'broken', args: { how: 'always' }, onFailure: 'continue' },
      { id: 'defect', tool: 'broken', args: { how: 'defect' }, onFailure: 'continue' },
      { id: 'needs', tool: 'echo', args: { v: '{{steps.always.output}}' } },
      { id: 'missing', tool: 'echo', args: { v: '{{steps.flaky.output.nothing}}' }, onFailure: 'continue' },
    ]);
    const events = await system.events(run.id);
    const retried = ['step.started', 'step.retrying'];
    expect(typesOf(events, 'flaky')).toEqual([
      ...[...retried, ...retried],
      ...['step.started', 'step.completed', 'supervisor.decided'],
    ]);
    const failed = ['step.started', 'step.failed', 'supervisor.decided'];
    expect(typesOf(events, 'terminal')).toEqual(failed);
    expect(typesOf(events, 'defect')).toEqual(failed);
    expect(typesOf(events, 'missing')).toEqual(failed);
    expect(typesOf(events, 'always')).toEqual([...retried, ...failed]);
    expect(typesOf(events, 'needs')).toEqual([]);
    expect(acts).toMatchObject({ flaky: 3, terminal: 1, always: 2, defect: 1 });
    const codeOf = (step: string): unknown =>
      events.flatMap((e) => (e.type === 'step.failed' && e.stepId === step ? [e.error.code] : []))[0];
    expect(['terminal', 'always', 'defect', 'missing'].map(codeOf)).toEqual([
      'tool_failed',
      'tool_unavailable',
      'tool_failed',
      'reference_unresolved',
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'run.completed' });
    await system.keepHistories('retries-and-failures', run.id);
  },
);

/** What nobody knows a person is asked about (outcomes.test.ts). */
async function deny(runId: string, approvalId: string): Promise<void> {
  await expect
    .poll(() => system.approvals.find('acme', runId, approvalId), { timeout: 20_000 })
    .toMatchObject({ status: 'pending' });
  const nothing = { argsHash: null, args: null, note: null, by: null };
  await system.engine.decide(runId, { approvalId, decision: 'deny', ...nothing });
}

test('an irreversible tool that was cut off is not run again', { timeout: 60_000 }, async () => {
  const run = await system.start([
    { id: 'first', tool: 'wait', args: { seconds: 1 } },
    { id: 'act', tool: 'act_and_cut', args: { name: 'never', seconds: 0 }, dependsOn: ['first'] },
  ]);
  // As a worker leaves it that is lost between the start and the end.
  await expect.poll(() => system.log.read(run.id, 0, 10), { timeout: 20_000 }).not.toEqual([]);
  await system.log.append(run.id, [
    {
      type: 'step.started',
      key: 'step/act/started/1',
      at: new Date().toISOString(),
      stepId: 'act',
      attempt: 1,
      data: { tool: 'act_and_cut' },
    },
  ]);
  await deny(run.id, 'outcome-1-act');
  const events = await system.events(run.id);
  expect(acts.never).toBeUndefined();
  expect(events.find((e) => e.type === 'step.failed')).toMatchObject({
    stepId: 'act',
    error: { code: 'outcome_unknown', retryable: false },
  });
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'step_failed' } });
});

test('waits that are over all at once are ended a few at a time', { timeout: 200_000 }, async () => {
  const until = new Date(Date.now() + 20_000).toISOString();
  // More than the activities that Temporal lets one workflow have open.
  const steps = Array.from({ length: 2_100 }, (_, i) => ({ id: `w${i}`, tool: 'wait', args: { until } }));
  const run = await system.start([...steps, { id: 'more', tool: 'wait', args: { seconds: 1 } }], {
    maxParallel: 50,
  });
  const events = await system.events(run.id);
  expect(events.filter((e) => e.type === 'step.completed')).toHaveLength(2_101);
  expect(events.at(-1)?.type).toBe('run.completed');
});

test(
  'a tool that never ends is left at its limit, and what it did is not known',
  { timeout: 60_000 },
  async () => {
    const run = await system.start([{ id: 'deaf', tool: 'deaf', args: {} }]);
    await deny(run.id, 'outcome-1-deaf');
    expect((await system.events(run.id)).find((e) => e.type === 'step.failed')).toMatchObject({
      error: { code: 'outcome_unknown', message: expect.stringContaining('longer than 1 s') as string },
    });
  },
);

test('a cancel in each phase ends the run as cancelled', { timeout: 120_000 }, async () => {
  const waiting = await system.start([
    { id: 'timer', tool: 'wait', args: { seconds: 3_600 } },
    { id: 'after', tool: 'echo', args: {}, dependsOn: ['timer'] },
  ]);
  await expect
    .poll(async () => typesOf(await system.log.read(waiting.id, 0, 10), 'timer'), { timeout: 20_000 })
    .toEqual(['step.started']);
  await sleep(300);
  expect(await system.engine.cancel(waiting.id, 'enough')).toBe(true);
  const events = await system.events(waiting.id);
  expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
  expect(await system.engine.cancel(waiting.id, null)).toBe(false);
  await system.keepHistories('cancelled-while-waiting', waiting.id);

  // While a tool runs, beside a timer, with the database away: nothing of it is lost.
  const running = await system.start([
    { id: 'tool', tool: 'patient', args: { name: 'patient' } },
    { id: 'timer', tool: 'wait', args: { seconds: 3_600 } },
  ]);
  await expect
    .poll(async () => typesOf(await system.log.read(running.id, 0, 10)), { timeout: 20_000 })
    .toHaveLength(5);
  system.database.cut();
  expect(await system.engine.cancel(running.id, null)).toBe(true);
  await sleep(7_000);
  system.database.mend();
  const ends = (await system.events(running.id)).filter((e) => e.type === 'step.failed');
  expect(ends).toMatchObject([
    { stepId: 'tool', attempt: 1, error: { code: 'cancelled', message: 'the run was cancelled' } },
    { stepId: 'timer', error: { code: 'cancelled', message: 'it was stopped with the run' } },
  ]);
  await system.keepHistories('cancelled-while-running', running.id);

  // Before the first activity has done anything: the database is away.
  system.database.cut();
  const early = await system.start([{ id: 'a', tool: 'echo', args: {} }]);
  await sleep(500);
  expect(await system.engine.tenantOf(early.id)).toBe('acme');
  expect(await system.engine.cancel(early.id, null)).toBe(true);
  await sleep(500);
  system.database.mend();
  expect(typesOf(await system.events(early.id)).at(-1)).toBe('run.cancelled');
  expect(await system.engine.tenantOf(early.id)).toBeNull();
});

test('what tools write counts towards the storage of the tenant once the run has ended', async () => {
  const before = await system.admission.storedBytes('acme');
  const write = (id: string, content: string): object => ({
    id,
    tool: 'file_write',
    args: { path: `${id}.txt`, content },
  });
  // In a row with the run's end, and on its own with the end in an activity of its own.
  const row = await system.start([write('a', 'x'.repeat(1_000))]);
  const apart = await system.start([
    write('b', 'x'.repeat(300)),
    { id: 'c', tool: 'patient', args: { name: 'c' }, dependsOn: ['b'] },
  ]);
  await expect
    .poll(async () => typesOf(await system.log.read(apart.id, 0, 20)), { timeout: 20_000 })
    .toContain('step.completed');
  expect(typesOf(await system.events(row.id)).at(-1)).toBe('run.completed');
  await system.engine.cancel(apart.id, null);
  expect(typesOf(await system.events(apart.id)).at(-1)).toBe('run.cancelled');
  expect((await system.admission.storedBytes('acme')) - before).toBe(1_300);
});
