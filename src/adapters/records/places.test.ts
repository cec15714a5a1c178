/** Places and room on a real Postgres: no limit is passed by many at once, on whichever connections they come. */
import path from 'node:path';
import pg from 'pg';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testPostgres } from '../embedded/testing/backends.js';
import type { PostgresServer } from '../embedded/postgres-server.js';
import { migrate } from '../postgres/migrate.js';
import { createPlaces } from './places.js';

let server: PostgresServer;
let pool: pg.Pool;
beforeAll(async () => {
  server = await testPostgres();
  await migrate(server.connectionString, path.resolve(import.meta.dirname, '../../../deploy/migrations'));
  pool = new pg.Pool({
    connectionString: server.connectionString,
    max: 20,
    options: '-c role=service_role -c search_path=',
  });
  // The server may end before the last connection is closed.
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool.end();
  await server.release();
});

const places = createPlaces({
  async call(name, args) {
    const named = Object.keys(args).map((argument, i) => `${argument} => $${i + 1}`);
    const text = `select to_jsonb(perdure.${name}(${named.join(', ')})) as answer`;
    return (await pool.query<{ answer: unknown }>(text, Object.values(args))).rows[0]?.answer ?? null;
  },
});
const record = (tenantId: string, id: string) =>
  pool.query('select perdure.create_run($1)', [
    JSON.stringify({ id, tenantId, goal: 'g', agent: 'a', createdAt: new Date().toISOString() }),
  ]);
const end = (id: string) =>
  pool.query('select perdure.append_run_events($1, $2)', [
    id,
    JSON.stringify([{ type: 'run.cancelled', key: 'end', at: new Date().toISOString(), data: {} }]),
  ]);

test('of a hundred runs at once as many are admitted as may be open, and the recorded ones count', async () => {
  const limits = { openRuns: 10, submissionsPerMinute: null };
  const recorded = v7();
  await record('a', recorded);
  const ids = Array.from({ length: 100 }, () => v7());
  const answers = await Promise.all(ids.map((id) => places.admitRun('a', id, limits)));
  const admitted = ids.filter((_, i) => answers[i]?.refusedBy === null);
  expect(admitted).toHaveLength(9);
  expect(answers.filter(({ refusedBy }) => refusedBy === 'open_runs')).toHaveLength(91);
  const [first = '', second = ''] = admitted;
  // A record takes the place of the place, a repeat needs none, and another tenant has its own.
  await record('a', first);
  expect(await places.admitRun('a', first, limits)).toEqual({ refusedBy: null, openRuns: 10, window: null });
  expect((await places.admitRun('a', second, limits)).refusedBy).toBeNull();
  expect((await places.admitRun('b', v7(), limits)).openRuns).toBe(1);
  await places.releaseRun('a', second);
  await end(recorded);
  expect((await places.admitRun('a', v7(), limits)).openRuns).toBe(9);
});

test('a hundred repeats of one submission count once, and a refused one does not', async () => {
  const limits = { openRuns: null, submissionsPerMinute: 2 };
  const id = v7();
  const answers = await Promise.all(Array.from({ length: 100 }, () => places.admitRun('c', id, limits)));
  expect(answers.every(({ refusedBy }) => refusedBy === null)).toBe(true);
  expect(answers.filter(({ window }) => window !== null)).toHaveLength(1);
  expect((await places.admitRun('c', v7(), limits)).window).toMatchObject({ allowed: true, remaining: 0 });
  const refused = v7();
  expect(await places.admitRun('c', refused, limits)).toMatchObject({ refusedBy: 'submissions' });
  // It took no place: its repeat is no repeat.
  expect(await places.admitRun('c', refused, limits)).toMatchObject({ refusedBy: 'submissions' });
});

test('of many files at once no more find room than there is', async () => {
  const holds = Array.from({ length: 50 }, () => v7());
  const kept = await Promise.all(holds.map((hold) => places.holdStorage('d', hold, 30, 100)));
  expect(kept.reduce((a, b) => a + b, 0)).toBe(100);
  const [held = ''] = holds.filter((_, i) => kept[i] === 30);
  expect(await places.holdStorage('d', held, 50, 100)).toBe(30);
  await places.releaseStorage('d', held);
  expect(await places.holdStorage('d', v7(), 50, 100)).toBe(30);
  expect(await places.holdStorage('e', v7(), 8_000_000_000_000, 9_000_000_000_000)).toBe(8_000_000_000_000);
});
