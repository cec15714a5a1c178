/** What two tenants, and somebody without a token, get from a Supabase project by its own client, unmodified. */
import { createClient, type WebSocketLikeConstructor } from '@supabase/supabase-js';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { Records } from '../records/records.js';
import { openSupabaseRecords } from './records.js';
import { startSupabase, supabaseMissing, type TestSupabase } from './testing/supabase.js';

const missing = await supabaseMissing();
if (missing !== null) console.error(`row-level security over PostgREST is not tested: ${missing}`);

const at = '2026-01-02T03:04:05.678Z';
const TABLES = [
  'runs',
  'run_events',
  'approvals',
  'api_keys',
  'tenant_storage',
  'submission_windows',
  'run_places',
  'storage_holds',
] as const;
/** Of api_keys all but the hash, which nobody may read. */
const columnsOf = (table: string): string => (table === 'api_keys' ? 'id, tenant_id, name' : '*');

/** As people's browsers make it. */
const clientFor = ({ url, anonKey }: TestSupabase, token?: string) =>
  createClient(url, anonKey, {
    db: { schema: 'perdure' },
    realtime: { transport: WebSocket as unknown as WebSocketLikeConstructor },
    ...(token === undefined ? {} : { accessToken: () => Promise.resolve(token) }),
  });
type Client = ReturnType<typeof clientFor>;

describe.skipIf(missing !== null)('row-level security', () => {
  let supabase: TestSupabase;
  let service: Records;
  let acme: Client;
  let globex: Client;
  let anon: Client;
  const runOf = { acme: uuid(), globex: uuid() };

  beforeAll(async () => {
    supabase = await startSupabase();
    service = openSupabaseRecords(supabase);
    for (const tenantId of ['acme', 'globex'] as const) {
      const id = runOf[tenantId];
      await service.runs.createRun({
        ...{ id, tenantId, goal: tenantId, agent: 'default', metadata: {}, requestHash: null, createdAt: at },
      });
      const asked = { approvalId: 'plan', kind: 'plan', reason: 'policy', argsHash: 'x' } as const;
      await service.log.append(id, [{ type: 'approval.requested', key: 'asked', at, data: asked }]);
      await service.admission.recordStorage(tenantId, id, 5);
      await service.admission.takeSubmission(tenantId, 10);
      await service.admission.admitRun(tenantId, uuid(), { openRuns: 10, submissionsPerMinute: null });
      await service.admission.holdStorage(tenantId, uuid(), 5, 1_000);
      await service.apiKeys.create({
        ...{ id: uuid(), tenantId, name: tenantId, scope: 'read', prefix: 'pdk_', createdBy: 'me' },
        tokenHash: id.replaceAll('-', '').repeat(2),
        expiresAt: null,
      });
    }
    acme = clientFor(supabase, await supabase.sign({ app_metadata: { tenant_id: 'acme' } }));
    // Without a tenant in the token, the user is one.
    globex = clientFor(supabase, await supabase.sign({ sub: 'globex' }));
    anon = clientFor(supabase);
  });
  afterAll(async () => {
    await service.close();
    await supabase.release();
  });

  test.each(TABLES)('%s: each tenant reads its own rows, and no other', async (table) => {
    for (const [client, tenantId] of [
      [acme, 'acme'],
      [globex, 'globex'],
    ] as const) {
      const all = await client.from(table).select(columnsOf(table));
      expect(all.error).toBeNull();
      const owners = (all.data ?? []).map((row) => (row as unknown as { tenant_id: string }).tenant_id);
      expect(owners).not.toEqual([]);
      expect(owners.filter((owner) => owner !== tenantId)).toEqual([]);
    }
    const others = await acme.from(table).select(columnsOf(table)).eq('tenant_id', 'globex');
    expect(others).toMatchObject({ data: [], error: null });
  });

  test.each([
    ['a tenant that begins alike', { app_metadata: { tenant_id: 'acm' } }],
    ['a pattern', { app_metadata: { tenant_id: '%' } }],
    ['an empty tenant and no user', { app_metadata: { tenant_id: '' }, sub: '' }],
    ['a tenant the user may set', { user_metadata: { tenant_id: 'acme' } }],
  ])('%s reads nothing', async (_, claims) => {
    const client = clientFor(supabase, await supabase.sign(claims));
    for (const table of TABLES)
      expect(await client.from(table).select(columnsOf(table))).toMatchObject({ data: [], error: null });
  });

  test.each(TABLES)('%s: nobody but the service writes', async (table) => {
    for (const client of [acme, anon]) {
      const row = { tenant_id: 'acme' };
      const attempts = [
        client.from(table).insert(row),
        client.from(table).update(row).eq('tenant_id', 'acme'),
        client.from(table).delete().eq('tenant_id', 'acme'),
      ];
      for (const { error, data } of await Promise.all(attempts)) {
        expect(error?.code).toBe('42501');
        expect(data).toBeNull();
      }
    }
  });

  test('the hash of a key is not read, not even by its tenant', async () => {
    expect((await acme.from('api_keys').select('token_hash')).error?.code).toBe('42501');
    expect((await acme.from('api_keys').select('id').like('token_hash', '0%')).error?.code).toBe('42501');
  });

  test('the audit log is read by the auditors and admins of its tenant, and changed by nobody', async () => {
    await service.audit.append(
      ['acme', 'globex'].map((tenantId) => ({
        ...{ id: uuid(), tenantId, at, subject: 's', address: null, action: 'a', target: null },
        ...{ outcome: 'ok', requestId: null },
      })),
    );
    const readBy = async (claims: Readonly<Record<string, unknown>>) => {
      const client = clientFor(supabase, await supabase.sign(claims));
      const { data, error } = await client.from('audit_entries').select('tenant_id');
      expect(error).toBeNull();
      return data?.map(({ tenant_id }) => String(tenant_id));
    };
    for (const perdure_scope of ['audit', 'admin'])
      expect(await readBy({ app_metadata: { tenant_id: 'acme', perdure_scope } })).toEqual(['acme']);
    for (const claims of [
      { app_metadata: { tenant_id: 'acme' } },
      { app_metadata: { tenant_id: 'acme', perdure_scope: 'write' } },
      {
        app_metadata: { tenant_id: 'acme' },
        user_metadata: { perdure_scope: 'admin' },
        perdure_scope: 'admin',
      },
      { app_metadata: { tenant_id: 'other', perdure_scope: 'admin' } },
    ])
      expect(await readBy(claims)).toEqual([]);
    const serviceRole = createClient(supabase.url, supabase.serviceRoleKey, {
      db: { schema: 'perdure' },
      realtime: { transport: WebSocket as unknown as WebSocketLikeConstructor },
    });
    for (const client of [
      serviceRole,
      clientFor(
        supabase,
        await supabase.sign({ app_metadata: { tenant_id: 'acme', perdure_scope: 'admin' } }),
      ),
    ]) {
      const table = client.from('audit_entries');
      for (const { error } of await Promise.all([
        table.update({ outcome: 'forged' }).eq('tenant_id', 'acme'),
        table.delete().eq('tenant_id', 'acme'),
      ]))
        expect(error?.code).toBe('42501');
    }
  });

  test('functions of the service are refused', async () => {
    const id = runOf.globex;
    const calls: readonly (readonly [string, object])[] = [
      ['get_run', { p_tenant_id: 'globex', p_run_id: id }],
      ['find_run', { p_tenant_id: 'globex', p_run_id: id }],
      ['append_run_events', { p_run_id: id, p_events: [] }],
      ['read_run_events', { p_run_id: id, p_after: 0, p_limit: 10 }],
      ['create_run', { p_run: {} }],
      ['delete_run', { p_tenant_id: 'globex', p_run_id: id }],
      ['find_api_key', { p_token_hash: '0' }],
      ['create_api_key', { p_key: {} }],
      ['list_api_keys', { p_tenant_id: 'globex' }],
      ['take_submission', { p_tenant_id: 'globex', p_per_minute: 1 }],
      ['append_audit_entries', { p_entries: [] }],
      ['expire_audit_entries', { p_before: at, p_limit: 1 }],
      ['former_api_key', { p_token_hash: '0' }],
      ['delete_old_events', { p_before: at, p_limit: 1 }],
      ['open_runs', { p_before: at, p_limit: 1, p_after_time: null, p_after_id: null }],
      ['schema_version', {}],
    ];
    for (const client of [acme, anon])
      for (const [name, args] of calls)
        expect([name, (await client.rpc(name, args)).error?.code]).toEqual([name, '42501']);
    expect(await service.runs.getRun('globex', id)).not.toBeNull();
  });

  test('without a token nothing is read', async () => {
    for (const table of TABLES)
      expect((await anon.from(table).select(columnsOf(table))).error?.code).toBe('42501');
  });

  test('a token that is expired, or signed by somebody else, is refused', async () => {
    const expired = await supabase.sign({ app_metadata: { tenant_id: 'acme' }, exp: 1_000_000_000 });
    const forged = `${expired.slice(0, -6)}AAAAAA`;
    for (const token of [expired, forged]) {
      const { data, status } = await clientFor(supabase, token).from('runs').select();
      expect([data, status]).toEqual([null, 401]);
    }
  });
});
