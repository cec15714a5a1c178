/** Activities whose worker is said to be dead run again at once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { releaseHeldActivities } from '../../src/adapters/temporal/held-activities.js';
import { defineTool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

let attempts = 0;
/** Holds its first attempt until it is stopped. */
const holdOnce = defineTool({
  name: 'hold_once',
  description: 'hangs, and the second time it does not',
  args: z.strictObject({}),
  effect: 'read',
  timeoutSeconds: 600,
  execute: (_args, { signal }) => {
    attempts += 1;
    if (attempts > 1) return Promise.resolve({ output: attempts });
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('stopped'));
      });
    });
  },
});

let system: System;
beforeAll(async () => {
  system = await startSystem({ tools: [holdOnce] });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

test('of the dead only, and what it had begun counts as an attempt', async () => {
  const run = await system.start([{ id: 'held', tool: 'hold_once', args: {} }]);
  await expect.poll(() => attempts, { timeout: 20_000 }).toBe(1);
  const release = (isDead: (identity: string) => boolean): Promise<number> =>
    releaseHeldActivities({ connection: system.client.connection, namespace: 'default', isDead });
  const identities: string[] = [];
  const isNone = (identity: string): boolean => identities.push(identity) < 0;
  // What runs are found by may be a moment behind.
  await expect
    .poll(() => release(isNone).then(() => identities.length), { timeout: 20_000 })
    .toBeGreaterThan(0);
  expect(attempts).toBe(1);
  expect(await release((identity) => identity === identities[0])).toBe(1);
  const events = await system.events(run.id);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(events.filter((e) => e.type === 'step.started').map((e) => e.attempt)).toEqual([1, 2]);
  expect(events.find((e) => e.type === 'step.completed')).toMatchObject({ attempt: 2, output: { value: 2 } });
  expect(await release(() => true)).toBe(0);
});
