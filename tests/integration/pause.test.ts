/** A paused run lets its steps end and begins none, whatever they are; and goes on where it was. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { startSystem, type System } from './support/system.js';
import { gatedTool } from './support/told-tools.js';

let system: System;
/** Told by its step that it may end. */
const gates = new Map<string, () => void>();
const gated = gatedTool(gates);

beforeAll(async () => {
  system = await startSystem({ tools: [gated] });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const me = { by: 'me', reason: null };
const typesOf = (events: readonly RunEvent[]): string[] => events.map(({ type }) => type);
const logOf = (id: string): Promise<RunEvent[]> => system.log.read(id, 0, 100);
const untilStatus = (id: string, status: string) =>
  expect.poll(async () => (await system.store.findRun('acme', id))?.status, { timeout: 20_000 }).toBe(status);

test('what is under way ends, nothing begins, and the run goes on when it is resumed', async () => {
  const run = await system.start([
    { id: 'first', tool: 'gated', args: { name: 'first' } },
    { id: 'quick', tool: 'echo', args: {}, dependsOn: ['first'] },
    { id: 'slow', tool: 'gated', args: { name: 'slow' }, dependsOn: ['first'] },
    { id: 'soon', tool: 'wait', args: { seconds: 1 } },
  ]);
  await expect.poll(() => gates.has('first'), { timeout: 20_000 }).toBe(true);
  expect(await system.engine.pause(run.id, { by: 'me', reason: 'to look' })).toBe(true);
  expect(await system.engine.pause(run.id, me)).toBe(true);
  await untilStatus(run.id, 'paused');
  gates.get('first')?.();
  await expect.poll(async () => typesOf(await logOf(run.id))).toContain('step.completed');
  // The wait is over by now, too.
  await sleep(1_500);
  const paused = await logOf(run.id);
  expect(
    paused
      .filter(({ type }) => type === 'step.started')
      .map(({ stepId }) => stepId)
      .sort(),
  ).toEqual(['first', 'soon']);
  expect(paused.filter(({ type }) => type === 'step.completed')).toHaveLength(1);
  expect(paused.find(({ type }) => type === 'run.paused')).toMatchObject({ by: 'me', reason: 'to look' });

  expect(await system.engine.resume(run.id, me)).toBe(true);
  await expect.poll(() => gates.has('slow'), { timeout: 20_000 }).toBe(true);
  await untilStatus(run.id, 'running');
  gates.get('slow')?.();
  const events = await system.events(run.id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(typesOf(events).filter((type) => type.startsWith('run.'))).toEqual([
    'run.queued',
    'run.started',
    'run.paused',
    'run.resumed',
    'run.completed',
  ]);
  await system.keepHistories('paused', run.id);
});

test('a paused run can be cancelled, and one that has ended cannot be paused', async () => {
  const run = await system.start([{ id: 'wait', tool: 'wait', args: { seconds: 3_600 } }]);
  await untilStatus(run.id, 'running');
  await system.engine.pause(run.id, me);
  await untilStatus(run.id, 'paused');
  expect(await system.engine.cancel(run.id, null)).toBe(true);
  expect(typesOf(await system.events(run.id)).at(-1)).toBe('run.cancelled');
  expect(await system.engine.pause(run.id, me)).toBe(false);
  expect(await system.engine.resume(run.id, me)).toBe(false);
});
