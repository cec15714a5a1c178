/** Two builds at once, the workers of both killed in turn: each run ends on the build that began it, and whole. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainPayloads } from '../../src/adapters/temporal/payloads.js';
import { createRunInspector } from '../../src/adapters/temporal/run-inspector.js';
import { createClient, type Client } from '../../src/client/client.js';
import { missingBackEnds, startBackEnds, type BackEnds } from '../e2e/support/back-ends.js';
import { runCommand } from '../e2e/support/perdure-process.js';
import { startCounter, type Counter } from './support/counter.js';
import { startDecider, type Decider } from './support/decider.js';
import { judgeRuns, untilEnded } from './support/ended-runs.js';
import { addressOf, isReady, isUp, keepProcess, type KeptProcess } from './support/kept-process.js';
import { seeded } from './support/random.js';
import { stormRun } from './support/storm-plan.js';

const missing = await missingBackEnds();
/** Runs begun on each. */
const RUNS = 5;

describe.skipIf(missing !== null)('two builds', () => {
  let backEnds: BackEnds;
  let counter: Counter;
  let env: Record<string, string>;
  let api: KeptProcess;
  let workers: KeptProcess[];
  let client: Client;
  let temporal: TemporalClient;
  let connection: Connection;
  let decider: Decider;

  beforeAll(async () => {
    [backEnds, counter] = [await startBackEnds(), await startCounter()];
    env = { ...backEnds.env, COUNTER: counter.url, TEMPORAL_DEPLOYMENT_NAME: 'faults' };
    api = keepProcess('api', { ...env, PORT: '0' });
    const one = keepProcess('worker', { ...env, TEMPORAL_WORKER_BUILD_ID: 'one' });
    workers = [one];
    // The first one there is the one that new runs go to.
    await one.says(/"new runs go to this build"/);
    workers.push(keepProcess('worker', { ...env, TEMPORAL_WORKER_BUILD_ID: 'two' }));
    client = createClient({ baseUrl: await addressOf(api), token: backEnds.token });
    connection = await Connection.connect({ address: backEnds.temporal.address });
    temporal = new TemporalClient({ connection });
    decider = startDecider(client, (run, step) => (counter.of(run).get(step) ?? 0) > 0);
    await Promise.all(workers.map(isReady));
  }, 600_000);
  afterAll(async () => {
    decider.stop();
    await decider.done;
    for (const one of [api, ...workers]) await one.stop();
    await connection.close();
    await backEnds.release();
    await counter.close();
  });

  test('killed in turn', { timeout: 300_000 }, async () => {
    const inspector = createRunInspector({
      connection,
      payloads: plainPayloads,
      namespace: 'default',
      taskQueue: 'perdure',
    });
    const buildOf = async (id: string) => (await inspector.workflow(id))?.pinnedTo;
    const random = seeded(1);
    const begin = async (build: string): Promise<string[]> => {
      const ids: string[] = [];
      for (let i = 0; i < RUNS; i += 1) ids.push((await client.submit(stormRun(random, `${build}-${i}`))).id);
      for (const id of ids) await expect.poll(() => buildOf(id), { timeout: 60_000 }).toBe(build);
      return ids;
    };
    const old = await begin('one');
    // Temporal refuses until it has heard of its pollers everywhere.
    await expect
      .poll(async () => (await runCommand('perdure versions promote two', env)).output, { timeout: 60_000 })
      .toContain('new runs go to build two');
    await expect.poll(async () => (await inspector.queue()).currentBuild, { timeout: 20_000 }).toBe('two');
    const young = await begin('two');
    const over = new AbortController();
    const killing = (async () => {
      for (let n = 0; !over.signal.aborted; n += 1) {
        while (!workers.every(isUp)) await sleep(100);
        workers[n % 2]?.child.kill('SIGKILL');
        await sleep(3_000);
      }
    })();
    await Promise.all([...old, ...young].map((id) => untilEnded(client, id)));
    over.abort();
    await killing;
    const ended = await judgeRuns({ client, temporal, acts: counter }, [...old, ...young]);
    expect(ended).toEqual({ byStatus: { completed: 2 * RUNS }, violations: [] });
    for (const id of old) expect(await buildOf(id)).toBe('one');
    for (const id of young) expect(await buildOf(id)).toBe('two');
    for (const worker of workers) expect(worker.ends.length).toBeGreaterThan(0);
  });
});
