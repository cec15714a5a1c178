/**
 * Production's shape: two API processes and two workers apart, over Supabase, S3, Redis and Temporal, each of which
 * goes away in the middle.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import type { PlanStep } from '../../contracts/plan.js';
import type { Run } from '../../contracts/answers.js';
import type { SubmitRun } from '../../contracts/runs.js';
import { createClient } from '../../src/client/client.js';
import { runsSuite } from './runs.suite.js';
import { startProxy } from '../integration/support/cuttable-proxy.js';
import { missingBackEnds, startBackEnds, type BackEnds } from './support/back-ends.js';
import { startCountingServer, type CountingServer } from './support/counting-server.js';
import { endProcess, Fleet, startApiProcess, startWorkerProcess } from './support/fleet.js';

const missing = await missingBackEnds();
if (missing !== null) console.warn(`Runs on real back ends are not tested: ${missing}`);

/** The API asks PostgREST, the workers Postgres itself: both transports at once. */
const startFleet = (backEnds: BackEnds, counting?: CountingServer): Promise<Fleet> => {
  const env = { ...backEnds.env, ...(counting === undefined ? {} : { PERDURE_HTTP_ALLOW: counting.host }) };
  const worker = { ...env, DATABASE_URL: backEnds.supabase.databaseUrl };
  return Fleet.start({ api: env, worker }, backEnds.token);
};

describe.skipIf(missing !== null)('with everything there', () => {
  runsSuite('Supabase, S3, Redis and Temporal, two processes of each kind', async () => {
    const backEnds = await startBackEnds();
    const fleet = await startFleet(backEnds);
    return {
      url: fleet.url,
      client: fleet.client,
      headers: fleet.headers,
      async stop() {
        const codes = await fleet.stop();
        await backEnds.release();
        expect(codes).toEqual([0, 0, 0, 0]);
      },
    };
  });
});

describe.skipIf(missing !== null)('while back ends and processes go away', () => {
  let backEnds: BackEnds;
  let counting: CountingServer;
  let fleet: Fleet;
  beforeAll(async () => {
    backEnds = await startBackEnds();
    counting = await startCountingServer();
    fleet = await startFleet(backEnds, counting);
  }, 600_000);
  afterAll(async () => {
    await fleet.stop();
    await counting.close();
    await backEnds.release();
  });

  const submit = (plan: { steps: Partial<PlanStep>[] }, goal = 'a test'): Promise<Run> =>
    fleet.client.submit({ goal, plan } as SubmitRun);

  /** Over as many connections as it takes. */
  async function follow(id: string): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const event of fleet.client.events(id)) if ('seq' in event) events.push(event);
    return events;
  }

  /** Side effects with pauses between them; each address is called once where no tool ran twice. */
  const fetches = (name: string, count: number): { steps: Partial<PlanStep>[] } => ({
    steps: Array.from({ length: count }, (_, i) => [
      {
        id: `get${i}`,
        tool: 'http_fetch',
        args: { url: `http://${counting.host}/${name}/${i}` },
        ...(i === 0 ? {} : { dependsOn: [`pause${i - 1}`] }),
      },
      {
        id: `write${i}`,
        tool: 'file_write',
        args: { path: `${i}.txt`, content: `got {{steps.get${i}.output.status}}` },
      },
      { id: `pause${i}`, tool: 'wait', args: { seconds: 2 }, dependsOn: [`get${i}`] },
    ]).flat(),
  });

  function expectWhole(events: RunEvent[]): void {
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.at(-1)?.type, JSON.stringify(events.at(-1))).toBe('run.completed');
  }

  /** Of every address of these runs. */
  const countsOf = (names: string[]): number[] =>
    [...counting.counts]
      .filter(([path]) => names.includes(path.split('/')[1] ?? ''))
      .map(([, count]) => count);

  test('Redis stopped and flushed in the middle of 50 streams: none misses an event', async () => {
    const steps = Array.from({ length: 12 }, (_, i) => ({
      id: `s${i}`,
      tool: i % 2 === 0 ? 'echo' : 'wait',
      args: i % 2 === 0 ? { i } : { seconds: 1 },
      ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
    }));
    const runs = await Promise.all(Array.from({ length: 50 }, () => submit({ steps })));
    const logs = Promise.all(runs.map(({ id }) => follow(id)));
    await sleep(1_500);
    await backEnds.redis.stop();
    await sleep(4_000);
    await backEnds.redis.start();
    await backEnds.redis.flush();
    for (const events of await logs) expectWhole(events);
  }, 180_000);

  test('Postgres, PostgREST and S3 away for 20 s: every run completes, no tool runs twice', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `outage-${i}`);
    const runs = await Promise.all(names.map((name) => submit(fetches(name, 6), name)));
    const logs = Promise.all(runs.map(({ id }) => follow(id)));
    await sleep(3_000);
    await Promise.all([backEnds.supabase.stop(), backEnds.s3.stop()]);
    await sleep(20_000);
    await Promise.all([backEnds.supabase.start(), backEnds.s3.start()]);
    for (const events of await logs) {
      expectWhole(events);
      expect(events.filter(({ type }) => type === 'step.completed')).toHaveLength(18);
    }
    expect(countsOf(names)).toEqual(Array.from({ length: 60 }, () => 1));
  }, 300_000);

  test('an API and a worker killed in the middle: clients resume elsewhere, steps are done elsewhere', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `killed-${i}`);
    const runs = await Promise.all(names.map((name) => submit(fetches(name, 4), name)));
    const logs = Promise.all(runs.map(({ id }) => follow(id)));
    await sleep(3_000);
    const [api, worker] = [fleet.apis[0], fleet.workers[0]];
    if (api === undefined || worker === undefined) throw new Error('the fleet has two of each');
    await Promise.all([endProcess(api, 'SIGKILL'), endProcess(worker, 'SIGKILL')]);
    const env = { ...backEnds.env, PERDURE_HTTP_ALLOW: counting.host };
    fleet.apis[0] = await startApiProcess(env);
    fleet.workers[0] = await startWorkerProcess({ ...env, DATABASE_URL: backEnds.supabase.databaseUrl });
    for (const events of await logs) expectWhole(events);
    // What the killed worker was about may be read again; what had ended is not.
    for (const count of countsOf(names)) expect(count).toBeLessThanOrEqual(2);
  }, 300_000);

  test('100 identical submissions at once over both APIs start one run', async () => {
    const clients = fleet.apis.map(({ port }) =>
      createClient({ baseUrl: `http://127.0.0.1:${port}`, token: backEnds.token }),
    );
    const body = { goal: 'once', plan: { steps: [{ id: 'a', tool: 'echo', args: {} }] } } as SubmitRun;
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, i) =>
        clients[i % 2]?.submit(body, { idempotencyKey: 'hundred' }),
      ),
    );
    const ids = new Set(answers.map((run) => run?.id));
    expect(ids.size).toBe(1);
    expectWhole(await follow([...ids][0] ?? ''));
    await expect(
      fleet.client.submit({ ...body, goal: 'twice' }, { idempotencyKey: 'hundred' }),
    ).rejects.toMatchObject({ status: 422, problem: { code: 'idempotency_key_reused' } });
  }, 120_000);

  test('an API killed between start and record: the run exists and completes', async () => {
    const { hostname, port } = new URL(backEnds.supabase.url);
    const proxy = await startProxy({ host: hostname, port: Number(port) });
    const api = await startApiProcess({
      ...backEnds.env,
      PERDURE_HTTP_ALLOW: counting.host,
      SUPABASE_URL: `http://127.0.0.1:${proxy.port}`,
    });
    try {
      // The record waits for an answer that does not come, while a worker is at the run already.
      proxy.stall();
      const answer = createClient({ baseUrl: `http://127.0.0.1:${api.port}`, token: backEnds.token })
        .submit({ goal: 'between', plan: fetches('between', 1) } as SubmitRun)
        .catch(() => 'no answer');
      await expect.poll(() => counting.counts.get('/between/0'), { timeout: 15_000, interval: 20 }).toBe(1);
      await endProcess(api, 'SIGKILL');
      expect(await answer).toBe('no answer');
      const run = (await fleet.client.list()).runs.find(({ goal }) => goal === 'between');
      expectWhole(await follow(run?.id ?? ''));
    } finally {
      await endProcess(api, 'SIGKILL');
      await proxy.close();
    }
  }, 120_000);
});
