/** The gate before a deployment: a changed workflow is found out on the histories of a live namespace. */
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../../contracts/messages.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { replayRuns, type ReplayReport } from '../../src/stack/replay-runs.js';
import { startSystem, type System } from '../integration/support/system.js';

let system: System;
beforeAll(async () => {
  system = await startSystem();
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const replay = (file: string, limit = 100): Promise<ReplayReport> =>
  replayRuns({
    connection: system.client.connection,
    namespace: 'default',
    since: new Date(Date.now() - 3_600_000),
    limit,
    workflows: { workflowsPath: path.resolve(import.meta.dirname, file) },
  });

test(
  'it names the run and where it parts; with a patch, and by the build itself, all pass',
  { timeout: 120_000 },
  async () => {
    const ended = await system.start([{ id: 'a', tool: 'echo', args: {} }]);
    await system.events(ended.id);
    const open = await system.start([
      { id: 'sum', tool: 'javascript', args: { code: 'return 1' } },
      { id: 'nap', tool: 'wait', args: { seconds: 3_600 }, dependsOn: ['sum'] },
    ]);
    await expect
      .poll(async () => (await system.log.read(open.id, 0, 50)).map(({ type }) => type), { timeout: 20_000 })
      .toContain('step.completed');
    // What runs are found by may be a moment behind.
    await expect
      .poll(async () => (await replay('../../workflows/index.ts')).replayed, {
        timeout: 20_000,
        interval: 500,
      })
      .toBe(2);
    expect(await replay('../../workflows/index.ts')).toEqual({
      replayed: 2,
      open: 1,
      more: false,
      divergences: [],
    });
    expect(await replay('support/patched-workflow.ts')).toEqual({
      replayed: 2,
      open: 1,
      more: false,
      divergences: [],
    });
    expect(await replay('../../workflows/index.ts', 1)).toMatchObject({ replayed: 1, more: true });

    const { divergences } = await replay('support/unpatched-workflow.ts');
    expect(divergences.map(({ workflowId, open: isOpen }) => [workflowId, isOpen])).toEqual(
      expect.arrayContaining([
        [workflowIdOf(open.id), true],
        [workflowIdOf(ended.id), false],
      ]),
    );
    for (const { difference } of divergences) expect(difference).toMatch(/nondeterminism error/i);
    console.log(JSON.stringify(divergences, null, 2));
  },
);
