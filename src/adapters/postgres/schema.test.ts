/** What the migrations leave behind: rights, row-level security, and an index for every query. */
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testPostgres } from '../embedded/testing/backends.js';
import { migrate } from './migrate.js';

let server: Awaited<ReturnType<typeof testPostgres>>;
let client: pg.Client;
beforeAll(async () => {
  server = await testPostgres();
  await migrate(server.connectionString, path.resolve(import.meta.dirname, '../../../deploy/migrations'));
  client = new pg.Client({ connectionString: server.connectionString });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await server.release();
});

async function column(sql: string): Promise<unknown[]> {
  const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
  return rows.map(([first]) => first);
}

const ownTenant = '(tenant_id = ( SELECT perdure.current_tenant() AS current_tenant))';
const auditors =
  "(( SELECT perdure.current_scope() AS current_scope) = ANY (ARRAY['audit'::text, 'admin'::text]))";

describe('rights', () => {
  test('every function has a fixed search path and runs with the rights of who calls it, but for one', async () => {
    expect(
      await column(`select proname from pg_proc where pronamespace = 'perdure'::regnamespace
        and (proconfig is null or not proconfig @> array['search_path=""'])`),
    ).toEqual([]);
    // Nobody may delete from the audit log; it deletes what is old.
    expect(
      await column(
        `select proname::text from pg_proc where pronamespace = 'perdure'::regnamespace and prosecdef`,
      ),
    ).toEqual(['expire_audit_entries']);
  });

  test('nobody but service_role may call a function, except for those that policies ask for the tenant and the scope', async () => {
    expect(
      await column(`select r.role || ' ' || p.proname from pg_proc as p,
          (values ('anon'), ('authenticated'), ('public')) as r (role)
        where p.pronamespace = 'perdure'::regnamespace and has_function_privilege(r.role, p.oid, 'execute')
        order by 1`),
    ).toEqual(['authenticated current_scope', 'authenticated current_tenant']);
    expect(
      await column(`select proname from pg_proc where pronamespace = 'perdure'::regnamespace
        and not has_function_privilege('service_role', oid, 'execute')`),
    ).toEqual([]);
  });

  test('every table has row-level security with one policy, to read the own tenant’s rows', async () => {
    const tables = await column(`select relname::text from pg_class
      where relnamespace = 'perdure'::regnamespace and relkind in ('r', 'p') order by 1`);
    expect(tables.length).toBeGreaterThanOrEqual(5);
    expect(
      await column(`select relname::text from pg_class
        where relnamespace = 'perdure'::regnamespace and relkind in ('r', 'p') and not relrowsecurity`),
    ).toEqual([]);
    const { rows } = await client.query(`select tablename, cmd, roles::text[] as roles, qual from pg_policies
      where schemaname = 'perdure' order by tablename`);
    // Of keys nobody who signs in reads a row.
    const readable = tables.filter((table) => table !== 'tenant_keys');
    expect(
      await column(`select has_table_privilege('authenticated', 'perdure.tenant_keys', 'select')`),
    ).toEqual([false]);
    expect(rows).toEqual(
      readable.map((tablename) => ({
        tablename,
        cmd: 'SELECT',
        roles: ['authenticated'],
        // As a sub-select: asked once a query, not once a row.
        qual: tablename === 'audit_entries' ? `(${ownTenant} AND ${auditors})` : ownTenant,
      })),
    );
  });

  test('people may only read, and anon nothing at all; no view shows what a table hides', async () => {
    expect(
      await column(`select r.role || ' ' || c.relname || ' ' || p.privilege
        from pg_class as c, (values ('anon'), ('authenticated'), ('public')) as r (role),
          (values ('select'), ('insert'), ('update'), ('delete'), ('truncate'), ('references'), ('trigger')) as p (privilege)
        where c.relnamespace = 'perdure'::regnamespace and c.relkind in ('r', 'p')
          and has_table_privilege(r.role, c.oid, p.privilege)
          and (r.role, p.privilege) <> ('authenticated', 'select')`),
    ).toEqual([]);
    expect(await column(`select has_schema_privilege('anon', 'perdure', 'usage')`)).toEqual([false]);
    expect(
      await column(
        `select has_column_privilege('authenticated', 'perdure.api_keys', 'token_hash', 'select')`,
      ),
    ).toEqual([false]);
    expect(
      await column(
        `select relname from pg_class where relnamespace = 'perdure'::regnamespace and relkind in ('v', 'm')`,
      ),
    ).toEqual([]);
  });
});

describe('the audit log', () => {
  const insert = (recordedAt: string): Promise<unknown> =>
    client.query(`insert into perdure.audit_entries (id, tenant_id, at, subject, action, outcome, recorded_at)
      values (gen_random_uuid(), 'acme', now(), 's', 'a', 'ok', ${recordedAt})`);

  test('no role of ours may change, delete or date an entry', async () => {
    expect(
      await column(`select r.role || ' ' || p.privilege
        from (values ('anon'), ('authenticated'), ('service_role'), ('public')) as r (role),
          (values ('update'), ('delete'), ('truncate'), ('references'), ('trigger'), ('insert')) as p (privilege)
        where has_table_privilege(r.role, 'perdure.audit_entries', p.privilege)`),
    ).toEqual([]);
    expect(
      await column(`select column_name::text from information_schema.columns
        where table_schema = 'perdure' and table_name = 'audit_entries'
          and not has_column_privilege('service_role', 'perdure.audit_entries', column_name, 'insert')`),
    ).toEqual(['recorded_at']);
  });

  test('not even the owner of the table changes an entry, or deletes a young one', async () => {
    await insert(`now() - interval '29 days'`);
    await insert(`now() - interval '31 days'`);
    for (const statement of [
      `update perdure.audit_entries set outcome = 'forged'`,
      `update perdure.audit_entries set recorded_at = now() - interval '1 year'`,
      'delete from perdure.audit_entries',
      'truncate perdure.audit_entries',
      'truncate perdure.audit_entries cascade',
    ])
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    await client.query('set role service_role');
    try {
      expect(
        await column(`select perdure.expire_audit_entries(now() + interval '1 year', 100)::integer`),
      ).toEqual([1]);
    } finally {
      await client.query('reset role');
    }
    expect(await column('select count(*)::integer from perdure.audit_entries')).toEqual([1]);
  });
});

describe('indexes', () => {
  const RUNS = 20_000;
  const aRun = `'00000000-0000-4000-8000-000000000001'`;
  beforeAll(async () => {
    await client.query(`
      insert into perdure.runs (id, tenant_id, status, goal, agent, metadata, created_at, finished_at, last_seq)
      select gen_random_uuid(), 't' || n % 20,
        case when n % 200 = 0 then 'running' when n % 3 = 0 then 'failed' else 'completed' end,
        'a goal', 'agent-' || n % 7, jsonb_build_object('team', n % 500), '2026-01-01'::timestamptz + n * interval '1 minute',
        case when n % 200 = 0 then null else '2026-01-01'::timestamptz + n * interval '1 minute' end, 2
      from generate_series(1, ${RUNS}) as n;
      insert into perdure.run_events (run_id, seq, event_key, tenant_id, type, at, data)
      select r.id, s, 'key-' || s, r.tenant_id, 'log', r.created_at, '{}' from perdure.runs as r, generate_series(1, 2) as s;
      insert into perdure.tenant_storage (run_id, tenant_id, bytes) select id, tenant_id, 10 from perdure.runs;
      insert into perdure.api_keys (id, tenant_id, name, scope, token_hash, prefix, created_by)
      select gen_random_uuid(), tenant_id, 'key', 'read', md5(id::text) || md5(id::text), 'pdk_', 'me' from perdure.runs;
    `);
    await client.query(`
      insert into perdure.approvals (run_id, id, tenant_id, kind, status, args_hash, requested_at)
      select id, 'plan', tenant_id, 'plan', case when last_seq = 2 and status = 'running' then 'pending' else 'approved' end,
        'h', created_at from perdure.runs`);
    await client.query(`
      insert into perdure.audit_entries (id, tenant_id, at, subject, action, target, outcome, recorded_at)
      select gen_random_uuid(), tenant_id, created_at, 's', 'submitRun', 'runs/' || id, 'ok', created_at - interval '1 year'
      from perdure.runs`);
    await client.query(
      'vacuum analyze perdure.audit_entries, perdure.approvals, perdure.runs, perdure.run_events, perdure.tenant_storage, perdure.api_keys',
    );
    await client.query(`
      insert into perdure.runs (id, tenant_id, goal, agent, created_at, last_seq) values (${aRun}, 't3', 'g', 'a', now(), 500);
      insert into perdure.run_events (run_id, seq, event_key, tenant_id, type, at, data)
      select ${aRun}, n, 'key-' || n, 't3', 'log', now(), '{}' from generate_series(1, 500) as n;
      analyze perdure.run_events;
    `);
    // Plans of statements inside functions go to the log of this session, and come back as notices.
    await client.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0;
      set auto_explain.log_nested_statements = on; set client_min_messages = log`);
  });

  /** Runs it as the application does, and undoes it. @returns the plans of every statement within */
  async function plansOf(call: string): Promise<string> {
    const plans: string[] = [];
    const listen = (notice: { message?: string | undefined }): void => void plans.push(notice.message ?? '');
    client.on('notice', listen);
    try {
      await client.query('begin; set local role service_role');
      await client.query(`select perdure.${call}`);
    } finally {
      await client.query('rollback');
      client.off('notice', listen);
    }
    return plans.join('\n');
  }
  const list = (filter: string, from = 'null, null'): string => `list_runs('t3', '${filter}', 21, ${from})`;
  const some = `'00000000-0000-4000-8000-000000000000'`;
  const newEvent = `'[{"type": "log", "key": "key-501", "at": "2026-01-01T00:00:00Z", "data": {}}]'`;

  test.each([
    ['a page of runs', list('{}'), 'runs_newest'],
    ['the next page', list('{}', `'2026-01-08T00:00:00Z', ${some}`), 'runs_newest'],
    ['runs by status', list('{"status": "running"}'), 'runs_(by_status|open)'],
    ['runs by agent', list('{"agent": "agent-3"}'), 'runs_by_agent'],
    [
      'runs by time',
      list('{"createdAfter": "2026-01-02T00:00:00Z", "createdBefore": "2026-01-03T00:00:00Z"}'),
      'runs_newest',
    ],
    ['runs by metadata', list('{"metadata": {"team": 3}}'), 'runs_by_metadata|runs_newest'],
    [
      'runs counted',
      `count_runs('t3', '{}', '2026-01-01', 3600)`,
      'Index Only Scan using runs_(newest|by_status)',
    ],
    [
      'runs of an agent counted',
      `count_runs('t3', '{"agent": "agent-3"}', '2026-01-01', 3600)`,
      'runs_(newest|by_agent)',
    ],
    [
      'runs of a time counted',
      `count_runs('t3', '{"createdAfter": "2026-01-02T00:00:00Z"}', '2026-01-02', 3600)`,
      'Index Only Scan using runs_(newest|by_status)',
    ],
    ['a run', `get_run('t3', ${some})`, 'runs_pkey'],
    ['a run’s head', `find_run('t3', ${some})`, 'runs_pkey'],
    ['events after a seq', `read_run_events(${aRun}, 0, 100)`, 'run_events_pkey'],
    ['events by key', `find_run_events(${aRun}, '["key-1", "key-501"]')`, 'run_events_run_id_event_key_key'],
    ['an append', `append_run_events(${aRun}, ${newEvent})`, 'run_events_run_id_event_key_key'],
    [
      'a new run',
      `create_run('{"id": ${some.replaceAll("'", '"')}, "tenantId": "t3", "goal": "g", "agent": "a", "createdAt": "2026-01-01T00:00:00Z"}')`,
      'runs_pkey',
    ],
    ['the open runs of a tenant', `open_run_count('t3')`, 'runs_(open|by_status)'],
    ['the bytes of a tenant', `stored_bytes('t3')`, 'tenant_storage_of_tenant'],
    ['the bytes of a run', `record_storage('t3', ${aRun}, 7)`, 'tenant_storage_pkey|runs_pkey'],
    ['a submission', `take_submission('t3', 10)`, 'submission_windows'],
    ['an API key', `find_api_key('${'0'.repeat(64)}')`, 'api_keys_token_hash_key'],
    ['a tenant’s API keys', `list_api_keys('t3')`, 'api_keys_of_tenant'],
    ['an API key that is revoked', `revoke_api_key('t3', ${some})`, 'api_keys_pkey'],
    ['runs to delete', `expired_runs('2026-01-02', 100, null, null)`, 'runs_finished'],
    [
      'the next runs to delete',
      `expired_runs('2026-01-02', 100, '2026-01-01T03:00:00Z', ${some})`,
      'runs_finished',
    ],
    ['open runs', `open_runs('2027-01-02', 100, null, null)`, 'runs_open_by_age'],
    ['a run that is deleted', `delete_run('t3', ${some})`, 'runs_pkey'],
    ['a page of approvals', `list_approvals('t3', '{}', 21, null, null, null)`, 'approvals_of_tenant'],
    [
      'what waits for a word',
      `list_approvals('t3', '{"status": "pending"}', 21, '2026-01-02', ${some}, 'plan')`,
      'approvals_by_status',
    ],
    [
      'the approvals of a run',
      `list_approvals('t3', '{"runId": ${some.replaceAll("'", '"')}}', 21, null, null, null)`,
      'approvals_pkey',
    ],
    ['an approval', `find_approval('t3', ${some}, 'plan')`, 'approvals_pkey'],
    ['a key that counts no more', `former_api_key('${'0'.repeat(64)}')`, 'api_keys_token_hash_key'],
    ['a page of the audit log', `list_audit_entries('t3', '{}', 101, null, null)`, 'audit_entries_newest'],
    [
      'the next page of it, of one action and a time',
      `list_audit_entries('t3', '{"action": "submitRun", "from": "2026-01-02T00:00:00Z"}', 101, '2026-01-08T00:00:00Z', ${some})`,
      'audit_entries_newest',
    ],
    ['entries of the audit log to delete', `expire_audit_entries('2025-01-02', 100)`, 'audit_entries_oldest'],
    ['events to trim', `delete_old_events('2026-01-02', 100)`, 'runs_to_trim'],
  ])('%s: no table is read through', async (_, call, index) => {
    const plans = await plansOf(call);
    expect(plans).toMatch(/Query Text/);
    expect(plans).not.toMatch(
      /Seq Scan on (?:runs|run_events|approvals|tenant_storage|api_keys|audit_entries)/,
    );
    expect(plans).toMatch(new RegExp(index));
  });
});
