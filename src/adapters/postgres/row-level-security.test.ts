/** What a signed-in person's own connection may see: their tenant's rows, and nothing to write. */
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testPostgres } from '../embedded/testing/backends.js';
import { migrate } from './migrate.js';

let server: Awaited<ReturnType<typeof testPostgres>>;
let client: pg.Client;
beforeAll(async () => {
  server = await testPostgres();
  await migrate(server.connectionString, path.resolve(import.meta.dirname, '../../../deploy/migrations'));
  client = new pg.Client({ connectionString: server.connectionString });
  await client.connect();
  for (const [n, tenantId] of ['acme', 'globex'].entries())
    await client.query('select perdure.create_run($1)', [
      {
        id: `00000000-0000-4000-8000-00000000000${n}`,
        tenantId,
        goal: tenantId,
        agent: 'default',
        createdAt: '2026-01-01T00:00:00Z',
      },
    ]);
}, 120_000);
afterAll(async () => {
  await client.end();
  await server.release();
});

async function as<Row extends pg.QueryResultRow>(role: string, claims: object, sql: string): Promise<Row[]> {
  await client.query('begin');
  try {
    await client.query(`set local role ${role}`);
    await client.query("select set_config('request.jwt.claims', $1, true)", [JSON.stringify(claims)]);
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.query('rollback');
  }
}

test.each([
  ['the tenant of the token', { sub: 'u1', app_metadata: { tenant_id: 'acme' } }, ['acme']],
  ['the user, where the token names no tenant', { sub: 'globex' }, ['globex']],
  ['nobody', {}, []],
  ['a tenant whose name begins alike', { app_metadata: { tenant_id: 'acm' } }, []],
])('rows are those of %s', async (_, claims, tenants) => {
  const runs = await as<{ tenant_id: string }>('authenticated', claims, 'select tenant_id from perdure.runs');
  expect(runs.map((r) => r.tenant_id)).toEqual(tenants);
  const events = await as<{ tenant_id: string }>(
    'authenticated',
    claims,
    'select tenant_id from perdure.run_events',
  );
  expect(events.map((r) => r.tenant_id)).toEqual(tenants);
});

const acme = { app_metadata: { tenant_id: 'acme' } };
test.each([
  ['authenticated', "update perdure.runs set goal = 'x'"],
  ['authenticated', 'delete from perdure.run_events'],
  ['authenticated', "select perdure.get_run('globex', '00000000-0000-4000-8000-000000000001')"],
  ['authenticated', "select perdure.append_run_events('00000000-0000-4000-8000-000000000001', '[]')"],
  ['anon', 'select * from perdure.runs'],
  ['service_role', 'delete from perdure.runs'],
  ['service_role', 'update perdure.run_events set seq = 1'],
])('%s may not: %s', async (role, sql) => {
  await expect(as(role, acme, sql)).rejects.toThrow(/permission denied/);
});

test('every function has a fixed search path and is not for everybody', async () => {
  const { rows } = await client.query<{ name: string }>(`
    select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'perdure'
      and (not coalesce(p.proconfig @> array['search_path=""'], false) or has_function_privilege('anon', p.oid, 'execute'))`);
  expect(rows).toEqual([]);
});

test('every table has row-level security', async () => {
  const { rows } = await client.query<{ relname: string }>(
    `select relname from pg_class where relnamespace = 'perdure'::regnamespace and relkind = 'r' and not relrowsecurity`,
  );
  expect(rows).toEqual([]);
});
