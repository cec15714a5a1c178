/** Quick steps in a row: what is recorded is not done again when the row is cut off, slow or fails half-way. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { RunEvent } from '../../contracts/events.js';
import { workflowIdOf } from '../../contracts/messages.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { defineTool } from '../../src/tools/tool.js';
import { runWorker } from '../../src/worker/run-worker.js';
import { startSystem, type System } from './support/system.js';

const acts: Record<string, number> = {};
let system: System;

const quickTool = defineTool({
  name: 'quick',
  description: 'acts, and the first time also does what it is told',
  args: z.strictObject({ name: z.string(), first: z.enum(['hang', 'stall', 'fail', 'refuse']).optional() }),
  effect: 'reversible',
  quick: true,
  timeoutSeconds: 30,
  execute: ({ name, first }) => {
    acts[name] = (acts[name] ?? 0) + 1;
    if (acts[name] > 1) return Promise.resolve({ output: name });
    if (first === 'hang') return new Promise(() => undefined);
    if (first === 'fail') return Promise.reject(new PerdureError('tool_unavailable', 'not now'));
    if (first === 'refuse') return Promise.reject(new PerdureError('tool_failed', 'never'));
    if (first === 'stall') {
      system.database.stall();
      setTimeout(() => {
        system.database.mend();
      }, 7_000);
    }
    return Promise.resolve({ output: name });
  },
});

beforeAll(async () => {
  system = await startSystem({ tools: [quickTool] });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

/** A chain of the given steps, by their ids. */
const chain = (...steps: { id: string; first?: string; onFailure?: string }[]): object[] =>
  steps.map(({ id, first, onFailure }, i) => ({
    id,
    tool: 'quick',
    args: { name: id, ...(first === undefined ? {} : { first }) },
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(i === 0 ? {} : { dependsOn: [steps[i - 1]?.id] }),
  }));
const typesOf = (events: RunEvent[], step: string): string[] =>
  events.filter((e) => e.stepId === step).map((e) => e.type);
const done = ['step.started', 'step.completed', 'supervisor.decided'];

test('a run of quick steps is one local activity, and its log is that of any run', async () => {
  const run = await system.start(chain({ id: 'a1' }, { id: 'a2' }, { id: 'a3' }));
  const events = await system.events(run.id);
  expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.map((e) => e.type)).toEqual([
    'run.queued',
    'run.started',
    'plan.created',
    ...[...done, ...done, ...done],
    'run.completed',
  ]);
  expect(events.at(-1)).toMatchObject({ result: 'a3' });
  expect(await system.keepHistories('quick', run.id)).toBe(1);
});

test(
  'a step that hangs is tried again as an activity of its own, and no other',
  { timeout: 60_000 },
  async () => {
    const run = await system.start(chain({ id: 'b1' }, { id: 'b2', first: 'hang' }, { id: 'b3' }));
    const events = await system.events(run.id);
    expect(acts).toMatchObject({ b1: 1, b2: 2, b3: 1 });
    expect(typesOf(events, 'b2')).toEqual(['step.started', 'step.retrying', ...done]);
    expect(typesOf(events, 'b3')).toEqual(done);
    expect(events.at(-1)?.type).toBe('run.completed');
    await system.keepHistories('quick-step-hangs', run.id);
  },
);

test('so is one that fails for now; one that fails for good ends the row', { timeout: 60_000 }, async () => {
  const run = await system.start([
    ...chain({ id: 'c1', first: 'fail' }, { id: 'c2', first: 'refuse', onFailure: 'continue' }, { id: 'c3' }),
    ...chain({ id: 'c4' }),
  ]);
  const events = await system.events(run.id);
  expect(acts).toMatchObject({ c1: 2, c2: 1, c4: 1 });
  expect(typesOf(events, 'c2')).toEqual(['step.started', 'step.failed', 'supervisor.decided']);
  expect(typesOf(events, 'c3')).toEqual([]);
  expect(typesOf(events, 'c4')).toEqual(done);
  expect(events.at(-1)?.type).toBe('run.completed');
  const stopped = await system.start(chain({ id: 'd1', first: 'refuse' }, { id: 'd2' }));
  expect((await system.events(stopped.id)).at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'step_failed' },
  });
  expect(acts.d2).toBeUndefined();
});

test('a row that is lost half-way repeats no step that was recorded', { timeout: 60_000 }, async () => {
  const run = await system.start(chain({ id: 'e1' }, { id: 'e2', first: 'stall' }, { id: 'e3' }));
  const events = await system.events(run.id);
  expect(acts).toMatchObject({ e1: 1, e3: 1 });
  // Its end was under way when the row was given up: where that never came to be, it is done again.
  expect(acts.e2).toBeLessThanOrEqual(2);
  expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.filter((e) => e.type === 'step.completed').map((e) => e.stepId)).toEqual(['e1', 'e2', 'e3']);
  expect(events.at(-1)?.type).toBe('run.completed');
});

test('a cancel at any moment of a quick run: Temporal and the log say the same of its end', async () => {
  const ends = await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const run = await system.start(chain({ id: `c${i}` }, { id: `d${i}` }));
      await new Promise((resolve) => setTimeout(resolve, i * 3));
      await system.engine.cancel(run.id, null);
      const events = await system.events(run.id);
      const { status } = await system.client.workflow.getHandle(workflowIdOf(run.id)).describe();
      return `${status.name} ${events.at(-1)?.type ?? ''}`;
    }),
  );
  expect(new Set(ends)).toEqual(
    new Set(ends.filter((end) => /^(?:COMPLETED run\.completed|CANCELLED run\.cancelled)$/.test(end))),
  );
  expect(ends).toContain('CANCELLED run.cancelled');
});

test(
  'a row whose worker is asked to end is done elsewhere: nobody has cancelled its run',
  { timeout: 60_000 },
  async () => {
    const run = await system.start(chain({ id: 'f1', first: 'hang' }, { id: 'f2' }));
    await expect.poll(() => acts.f1, { timeout: 20_000, interval: 10 }).toBe(1);
    await system.worker.stop();
    const other = runWorker(system.worker.settings);
    try {
      const events = await system.events(run.id);
      expect(events.filter((e) => 'error' in e && e.error?.code === 'cancelled')).toEqual([]);
      expect(events.filter((e) => e.type === 'step.completed').map((e) => e.stepId)).toEqual(['f1', 'f2']);
      expect(events.at(-1)?.type).toBe('run.completed');
    } finally {
      await other.stop();
    }
  },
);
