/** Streams over a real log and a real Redis that is stopped, flushed and stalled under them. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runEventSchema, type NewEvent } from '../../contracts/events.js';
import { testPostgres } from '../../src/adapters/embedded/testing/backends.js';
import { migrate } from '../../src/adapters/postgres/migrate.js';
import { openPostgresRecords } from '../../src/adapters/postgres/records.js';
import { openRedisEventBus } from '../../src/adapters/redis/redis-event-bus.js';
import { redisMissing, startRedis, type TestRedis } from '../../src/adapters/redis/testing/redis-server.js';
import { createApp } from '../../src/api/create-app.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';
import type { EventBus } from '../../src/ports/event-bus.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { RunStore } from '../../src/ports/run-store.js';
import { Releasers } from '../../src/stack/releasers.js';

const RUNS = 50;
const EVENTS = 80;
const missing = await redisMissing();
if (missing !== null) console.error(`streams over Redis are not tested: ${missing}`);

const releasers = new Releasers();
const { logger } = createFakes();
let redis: TestRedis;
let log: EventLog;
let runs: RunStore;
let workerBus: EventBus;
let apiUrl: string;

beforeAll(async () => {
  if (missing !== null) return;
  const postgres = await testPostgres();
  releasers.push('Postgres', () => postgres.release());
  await migrate(postgres.connectionString, path.resolve(import.meta.dirname, '../../deploy/migrations'));
  const records = openPostgresRecords(postgres.connectionString, logger);
  releasers.push('the database', () => records.close());
  redis = await startRedis();
  releasers.push('Redis', () => redis.release());
  ({ runs, log } = records);
  const times = { pingMs: 500, answerMs: 1_000, maxReconnectMs: 500 };
  const bus = openRedisEventBus(redis, logger, times);
  const other = openRedisEventBus(redis, logger, times);
  releasers.push('the buses', () => {
    bus.close();
    other.close();
    return Promise.resolve();
  });
  workerBus = other;
  const api = createApp({ ...dependenciesOf(createFakes()), runs, log, bus });
  const server = await listen(api.app);
  releasers.push('the API', () => server.close());
  apiUrl = server.url;
  await vi.waitFor(() => Promise.all([bus.check(), other.check()]), { timeout: 10_000 });
});
afterAll(() => releasers.release(logger));

/** As a browser's EventSource does: comes back with the last id until it has seen the end. */
async function follow(id: string): Promise<number[]> {
  const seen: number[] = [];
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`${apiUrl}/v1/runs/${id}/events`, {
      headers: { 'last-event-id': String(seen.at(-1) ?? 0) },
      signal: AbortSignal.timeout(60_000),
    });
    if (answer.status === 204) break;
    const parser = createParser({
      onEvent: ({ id, data }) => {
        runEventSchema.parse(JSON.parse(data));
        seen.push(Number(id));
      },
    });
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>)
      parser.feed(decoder.decode(chunk, { stream: true }));
  }
  return seen;
}

/** As a worker does: logs, then publishes. */
async function work(id: string): Promise<void> {
  for (let i = 2; i <= EVENTS; i += 1) {
    const at = new Date().toISOString();
    const event: NewEvent =
      i === EVENTS
        ? { type: 'run.completed', key: 'end', at, data: { result: null } }
        : { type: 'supervisor.decided', key: `k${i}`, at, data: { decision: 'continue', reason: `${i}` } };
    for (const { event: logged } of await log.append(id, [event])) workerBus.publish(id, logged);
    await sleep(100);
  }
}

it.skipIf(missing !== null)(
  `${RUNS} streams have the whole log, whatever happens to Redis`,
  { timeout: 120_000 },
  async () => {
    const ids = Array.from({ length: RUNS }, () => v7());
    for (const id of ids)
      await runs.createRun({
        id,
        tenantId: 'local',
        goal: 'a test',
        agent: 'default',
        metadata: {},
        requestHash: null,
        createdAt: new Date().toISOString(),
      });
    const streams = Promise.all(ids.map(follow));
    const worked = Promise.all(ids.map(work));
    await sleep(1_000);
    await redis.flush();
    await sleep(500);
    await redis.stop();
    const degraded = (await (await fetch(`${apiUrl}/readyz`)).json()) as { ready: boolean; parts: unknown };
    await sleep(1_500);
    await redis.start();
    await sleep(1_000);
    redis.pause();
    await sleep(2_500);
    redis.resume();
    await worked;
    const whole = Array.from({ length: EVENTS }, (_, i) => i + 1);
    for (const seen of await streams) expect(seen).toEqual(whole);
    expect(degraded.ready).toBe(true);
    expect(degraded.parts).toContainEqual(expect.objectContaining({ name: 'bus', ok: true, degraded: true }));
    expect(await redis.admin('DBSIZE')).toBe(0);
  },
);
