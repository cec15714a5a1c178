/** Two builds at once, of which the newer cannot go on with the older one's runs: each run ends where it began. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../../contracts/messages.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { createRunInspector } from '../../src/adapters/temporal/run-inspector.js';
import { promoteBuild, readDeployment } from '../../src/adapters/temporal/worker-deployment.js';
import { createFakes } from '../../src/api/testing/fakes.js';
import { explain } from '../../src/diagnosis/explain.js';
import { gather } from '../../src/diagnosis/gather.js';
import { settleVersion } from '../../src/stack/worker-version.js';
import { runWorker, type RunningWorker } from '../../src/worker/run-worker.js';
import { startSystem, type System } from './support/system.js';
import { plainPayloads } from '../../src/adapters/temporal/payloads.js';

const one = { deploymentName: 'perdure-test', buildId: 'one' };
const two = { deploymentName: 'perdure-test', buildId: 'two' };
let system: System;
let connection: Connection;
let folder: string;
const others: RunningWorker[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-versions-'));
  // Its workflow begins with a timer that the other's has not: whoever replays across them fails.
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.resolve(import.meta.dirname, '../faults/support/unpatched-workflow.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  await writeFile(path.join(folder, 'two.js'), code);
  system = await startSystem({ version: one });
  connection = await Connection.connect({ address: system.address });
  await settle(one);
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await Promise.all(others.map((worker) => worker.stop()));
  await connection.close();
  await system.release();
  await rm(folder, { recursive: true });
});

const place = () => ({ connection, namespace: 'default' });
const settle = async (version: typeof one): Promise<string[]> => {
  const { logger } = createFakes();
  await settleVersion({ ...place(), version, logger, signal: AbortSignal.timeout(30_000) });
  return logger.lines.map(({ message }) => message);
};
const start = async (version: typeof one, bundlePath: string): Promise<void> => {
  const worker = runWorker({ ...system.worker.settings, bundlePath, version });
  others.push(worker);
  await worker.polling;
};
const steps = (seconds: number) => [
  { id: 'a', tool: 'javascript', args: { code: 'return 1' } },
  { id: 'nap', tool: 'wait', args: { seconds }, dependsOn: ['a'] },
  { id: 'b', tool: 'javascript', args: { code: 'return 2' }, dependsOn: ['nap'] },
];
const buildOf = async (runId: string): Promise<string | null> => (await inspect(runId))?.pinnedTo ?? null;
const inspector = () => createRunInspector({ ...place(), payloads: plainPayloads, taskQueue: 'perdure' });
const inspect = (runId: string) => inspector().workflow(runId);
const statusOf = async (runId: string): Promise<string | undefined> =>
  (await system.store.findRun('acme', runId))?.status;
const why = async (runId: string) => {
  const fakes = createFakes();
  const sources = { ...fakes, runs: system.store, log: system.log, approvals: system.approvals };
  return explain(await gather({ ...sources, inspector: inspector() }, 'acme', runId));
};

test(
  'a run ends on the build that began it, new ones go to the build that was promoted, and why says who is missing',
  { timeout: 180_000 },
  async () => {
    expect((await readDeployment({ ...place(), ...one }))?.currentBuild).toBe('one');
    const old = await system.start(steps(6));
    const orphan = await system.start(steps(14));
    await expect.poll(() => buildOf(old.id), { timeout: 20_000 }).toBe('one');

    await start(two, path.join(folder, 'two.js'));
    expect(await settle(two)).toEqual([expect.stringMatching(/^new runs go to build one, .*promote two$/)]);
    const still = await system.start(steps(1));
    await expect.poll(() => buildOf(still.id), { timeout: 20_000 }).toBe('one');

    expect(await promoteBuild({ ...place(), ...two }, 'never')).toBe(false);
    // Temporal hears only in a moment that it polls every task queue that the other does.
    await expect.poll(() => promoteBuild({ ...place(), ...two }, 'two'), { timeout: 20_000 }).toBe(true);
    await expect.poll(async () => (await inspector().queue()).currentBuild, { timeout: 20_000 }).toBe('two');
    const young = await system.start(steps(1));
    expect((await system.events(young.id)).at(-1)?.type).toBe('run.completed');
    expect(await buildOf(young.id)).toBe('two');
    // Begun before, and gone on with after.
    expect((await system.events(old.id)).at(-1)?.type).toBe('run.completed');
    expect(await buildOf(old.id)).toBe('one');
    for (const id of [old.id, young.id]) expect((await inspect(id))?.taskFailure).toBeNull();
    const deployment = await readDeployment({ ...place(), ...one });
    expect(deployment?.builds.find(({ buildId }) => buildId === 'one')?.status).toBe('draining');

    await system.worker.stop();
    await expect
      .poll(async () => (await why(orphan.id)).sentence, { timeout: 60_000, interval: 500 })
      .toMatch(
        /^No worker of build "one", to which the run is pinned, polls .*; those that poll are of "two"/,
      );
    expect(await why(orphan.id)).toMatchObject({ state: 'stuck', cause: 'no_worker_polling' });
    expect(await statusOf(orphan.id)).toBe('running');

    // Build one comes back, and with it the run.
    await start(one, system.worker.settings.bundlePath);
    expect((await system.events(orphan.id)).at(-1)?.type).toBe('run.completed');
    const handle = system.client.workflow.getHandle(workflowIdOf(orphan.id));
    expect((await handle.describe()).status.name).toBe('COMPLETED');
  },
);
