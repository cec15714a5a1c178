/**
 * What images and compose would run, without them: the production entry over dist/, two APIs behind nginx with the
 * configuration of deploy/compose, two workers, Temporal's own server on PostgreSQL with the dynamic
 * configuration of deploy/temporal; SIGTERM of each in turn loses nothing.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import type { SubmitRun } from '../../contracts/runs.js';
import { ensureBuilt } from '../../scripts/build.mjs';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import {
  missingTemporalServer,
  startTemporalOnPostgres,
} from '../../src/adapters/embedded/testing/temporal-on-postgres.js';
import { createClient, type Client } from '../../src/client/client.js';
import { startHoldingServer, type HoldingServer } from '../faults/support/holding-server.js';
import { missingBackEnds, startBackEnds, type BackEnds } from './support/back-ends.js';
import { startCountingServer, type CountingServer } from './support/counting-server.js';
import { endProcess, startBuilt, type FleetProcess } from './support/fleet.js';
import { hasNginx, startNginx, type Nginx } from './support/nginx.js';
import { runCommand } from './support/perdure-process.js';

const missing = hasNginx ? await missingBackEnds() : 'there is no nginx';
if (missing !== null) console.warn(`Restarts behind a proxy are not tested: ${missing}`);
const noServer = missing ?? (await missingTemporalServer());
if (noServer !== null) console.warn(`Temporal is the development server, not on PostgreSQL: ${noServer}`);
const root = path.resolve(import.meta.dirname, '../..');

describe.skipIf(missing !== null)('behind nginx', () => {
  let backEnds: BackEnds;
  let counting: CountingServer;
  let held: HoldingServer;
  let nginx: Nginx;
  let client: Client;
  const apis: FleetProcess[] = [];
  const workers: FleetProcess[] = [];
  const ports: number[] = [];

  const env = (): Record<string, string> => ({
    ...backEnds.env,
    PERDURE_HTTP_ALLOW: `${counting.host},${held.host}`,
  });
  const startApi = async (i: number): Promise<void> => {
    apis[i] = await startBuilt('api', { ...env(), PORT: String(ports[i]) });
  };
  const startWorker = async (i: number): Promise<void> => {
    const DATABASE_URL = backEnds.supabase.databaseUrl;
    workers[i] = await startBuilt('worker', { ...env(), DATABASE_URL, PERDURE_WORKER_PORT: '0' });
  };
  const endApi = (i: number): Promise<number | null> => endProcess(of(apis, i), 'SIGTERM');
  const endWorker = (i: number): Promise<number | null> => endProcess(of(workers, i), 'SIGTERM');

  beforeAll(async () => {
    await ensureBuilt(root);
    backEnds = await startBackEnds(
      noServer === null
        ? startTemporalOnPostgres(path.join(root, 'deploy/temporal/dynamic-config.yaml'))
        : undefined,
    );
    counting = await startCountingServer();
    held = await startHoldingServer();
    for (let i = 0; i < 2; i += 1) ports.push(await claimPort('127.0.0.1', 0, 'port', 'PORT'));
    await Promise.all([startApi(0), startApi(1), startWorker(0), startWorker(1)]);
    nginx = await startNginx(ports);
    client = createClient({ baseUrl: nginx.url, token: backEnds.token });
  }, 600_000);
  afterAll(async () => {
    await Promise.all([...apis, ...workers].map((process) => endProcess(process, 'SIGKILL')));
    await nginx.close();
    await held.close();
    await counting.close();
    await backEnds.release();
  });

  const follow = async (id: string): Promise<RunEvent[]> => {
    const events: RunEvent[] = [];
    for await (const event of client.events(id)) if ('seq' in event) events.push(event);
    return events;
  };

  test('the demo passes, and metrics do not', async () => {
    const { code, output } = await runCommand('demo', {
      // Where a perdure listens there, the demo takes it.
      PORT: new URL(nginx.url).port,
      PERDURE_TOKEN: backEnds.token,
    });
    expect(code, output).toBe(0);
    expect((await fetch(`${nginx.url}/metrics`)).status).toBe(404);
    // Where callers sign in, nobody reads them of the API without the token that was not set.
    expect((await fetch(`http://127.0.0.1:${ports[0] ?? 0}/metrics`)).status).toBe(401);
    const worker = await fetch(`http://127.0.0.1:${of(workers, 0).port}/metrics`);
    expect(await worker.text()).toMatch(
      /^perdure_worker_polling 1$[^]*^temporal_worker_task_slots_available/m,
    );
  }, 120_000);

  test('each in turn is asked to end and comes back: no event is missed, nothing is done twice', async () => {
    const names = Array.from({ length: 6 }, (_, i) => `rolled-${i}`);
    const steps = (name: string): NonNullable<SubmitRun['plan']>['steps'] =>
      Array.from({ length: 12 }, (_, i) => [
        {
          id: `get${i}`,
          tool: 'http_fetch',
          args: { url: `http://${counting.host}/${name}/${i}` },
          ...(i === 0 ? {} : { dependsOn: [`pause${i - 1}`] }),
        },
        { id: `pause${i}`, tool: 'wait', args: { seconds: 2 }, dependsOn: [`get${i}`] },
      ]).flat();
    const runs = await Promise.all(
      names.map((name) => client.submit({ goal: name, plan: { steps: steps(name) } })),
    );
    const logs = Promise.allSettled(runs.map(({ id }) => follow(id)));
    const codes: (number | null)[] = [];
    for (const [end, start] of [
      [endApi, startApi],
      [endWorker, startWorker],
    ] as const)
      for (const i of [0, 1]) {
        // Or it would show nothing.
        expect((await client.list({ status: ['queued', 'running', 'waiting'] })).runs).toHaveLength(6);
        codes.push(await end(i));
        await start(i);
        await sleep(500);
      }
    expect(codes).toEqual([0, 0, 0, 0]);
    for (const log of await logs) {
      if (log.status === 'rejected') throw log.reason;
      const events = log.value;
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
      expect(events.at(-1)?.type).toBe('run.completed');
    }
    expect([...counting.counts.values()].filter((count) => count !== 1)).toEqual([]);
    expect(counting.counts.size).toBe(72);
  }, 240_000);

  test('a step that does not end in time is handed back, and another worker has it at once', async () => {
    await endWorker(1);
    const { id } = await client.submit({
      goal: 'held',
      plan: { steps: [{ id: 'held', tool: 'http_fetch', args: { url: held.url('/held') } }] },
    });
    await held.nthRequest('/held', 1);
    await startWorker(1);
    const asked = Date.now();
    const ended = endWorker(0);
    const again = await held.nthRequest('/held', 2);
    expect(await ended).toBe(0);
    console.log(
      `handed back ${again - asked} ms after SIGTERM; the worker was gone after ${Date.now() - asked} ms`,
    );
    held.letGo('/held');
    const events = await follow(id);
    // Its own word, and not that of a heartbeat that was missed.
    const retries = events.filter(({ type }) => type === 'step.retrying');
    expect(retries).toMatchObject([{ error: { code: 'worker_stopped' } }]);
    expect(events.at(-1)?.type).toBe('run.completed');
  }, 120_000);
});

function of(processes: readonly FleetProcess[], i: number): FleetProcess {
  const process = processes[i];
  if (process === undefined) throw new Error(`there is no process ${i}`);
  return process;
}
