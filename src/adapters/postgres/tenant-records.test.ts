/** A tenant that is erased: nothing of it stays in any table but what is to stay, and nothing of others goes. */
import path from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { v7 } from 'uuid';
import { createFakes } from '../../api/testing/fakes.js';
import { testPostgres } from '../embedded/testing/backends.js';
import { migrate } from './migrate.js';
import { openPostgresRecords } from './records.js';

const root = path.resolve(import.meta.dirname, '../../..');

test(
  'an erased tenant is in no table but its audit log, and its key is destroyed',
  { timeout: 120_000 },
  async () => {
    const postgres = await testPostgres();
    await migrate(postgres.connectionString, path.join(root, 'deploy/migrations'));
    const records = openPostgresRecords(postgres.connectionString, createFakes().logger);
    const client = new pg.Client({ connectionString: postgres.connectionString });
    await client.connect();
    try {
      for (const tenantId of ['acme', 'other']) {
        const at = new Date().toISOString();
        const run = { id: v7(), tenantId, goal: 'g', agent: 'default', metadata: {}, requestHash: null };
        await records.runs.createRun({ ...run, createdAt: at });
        await records.log.append(run.id, [{ type: 'run.started', key: 'run.started', at, data: {} }]);
        await records.tenantKeys.currentOr({ id: `tenant-${v7()}`, tenantId, wrapped: 'k.w' });
        for (const insert of [
          `insert into perdure.api_keys (id, tenant_id, name, scope, token_hash, prefix, created_by)
           values ($2, $1::text, 'k', 'read', encode(sha256(convert_to($1::text, 'UTF8')), 'hex'), 'p', 'me')`,
          `insert into perdure.tenant_storage (run_id, tenant_id, bytes) values ($2, $1, 1)`,
          `insert into perdure.submission_windows (tenant_id, began_at, taken) select $1, now(), 1 where $2::uuid is not null`,
          `insert into perdure.run_places (run_id, tenant_id, until) values ($2, $1, now())`,
          `insert into perdure.audit_entries (id, tenant_id, at, subject, action, outcome)
           values ($2, $1, now(), 'user:ann', 'submitRun', 'ok')`,
          `insert into perdure.storage_holds (id, tenant_id, bytes, until) values ($2, $1, 1, now())`,
        ])
          await client.query(insert, [tenantId, run.id]);
      }
      const tables = (
        await client.query<{ name: string }>(
          `select table_name as name from information_schema.columns
           where table_schema = 'perdure' and column_name = 'tenant_id'
             and table_name in (select tablename from pg_tables where schemaname = 'perdure')`,
        )
      ).rows.map(({ name }) => name);
      const rowsOf = async (tenantId: string): Promise<Record<string, number>> => {
        const rows: Record<string, number> = {};
        for (const name of tables) {
          const found = await client.query(`select 1 from perdure.${name} where tenant_id = $1`, [tenantId]);
          rows[name] = found.rowCount ?? 0;
        }
        return rows;
      };
      const before = await rowsOf('other');
      // Or a table would be looked at in which nothing ever was.
      expect(await rowsOf('acme')).toEqual(before);
      const empty = Object.entries(before).filter(([, rows]) => rows === 0);
      expect(empty.map(([name]) => name)).toEqual(['approvals'].filter((name) => tables.includes(name)));
      expect(await records.tenants.erase('acme', 100)).toEqual({ runs: 1, apiKeys: 1 });
      expect(await records.tenants.erase('acme', 100)).toEqual({ runs: 0, apiKeys: 0 });
      expect(await records.tenantKeys.destroy('acme')).toBe(1);
      expect(await rowsOf('acme')).toEqual(
        Object.fromEntries(
          tables.map((name) => [name, ['tenant_keys', 'audit_entries'].includes(name) ? 1 : 0]),
        ),
      );
      expect(await rowsOf('other')).toEqual(before);
      const { rows } = await client.query<{ tenant_id: string; wrapped: string | null }>(
        'select tenant_id, wrapped from perdure.tenant_keys order by tenant_id',
      );
      expect(rows).toMatchObject([{ wrapped: null }, { wrapped: 'k.w' }]);
      expect((await client.query('select distinct run_id from perdure.run_events')).rowCount).toBe(1);
    } finally {
      await client.end();
      await records.close();
      await postgres.release();
    }
  },
);
