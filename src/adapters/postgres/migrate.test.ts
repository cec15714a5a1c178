import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFakes } from '../../api/testing/fakes.js';
import { testPostgres } from '../embedded/testing/backends.js';
import { migrate } from './migrate.js';
import { openPostgresRecords } from './records.js';

const migrations = path.resolve(import.meta.dirname, '../../../deploy/migrations');
let server: Awaited<ReturnType<typeof testPostgres>>;
beforeAll(async () => {
  server = await testPostgres();
});
afterAll(() => server.release());

/** An empty database. @param owner who may make roles, but is no superuser */
async function emptyDatabase(name: string, owner?: string): Promise<string> {
  await query(
    server.connectionString,
    ...(owner === undefined ? [] : [`create role ${owner} login createrole bypassrls password 'secret'`]),
    `create database ${name}${owner === undefined ? '' : ` owner ${owner}`}`,
  );
  const url = new URL(server.connectionString);
  url.pathname = `/${name}`;
  if (owner !== undefined) [url.username, url.password] = [owner, 'secret'];
  return url.href;
}

async function query(connectionString: string, ...statements: string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

test('a login that is no superuser migrates a plain Postgres, and serves from it', async () => {
  const url = await emptyDatabase('plain', 'landlord');
  expect((await migrate(url, migrations)).length).toBeGreaterThan(0);
  const records = openPostgresRecords(url, createFakes().logger);
  await expect(records.runs.check()).resolves.toBeUndefined();
  await records.close();
});

test('two at once apply each migration once', async () => {
  const url = await emptyDatabase('twice');
  const [first, second] = await Promise.all([migrate(url, migrations), migrate(url, migrations)]);
  expect(first.length * second.length).toBe(0);
  expect(await migrate(url, migrations)).toEqual([]);
});

test('what the Supabase CLI has applied is not applied again, by a table of its making', async () => {
  const url = await emptyDatabase('cli');
  const applied = await migrate(url, migrations);
  await query(
    url,
    'alter table supabase_migrations.schema_migrations drop column name, drop column statements',
    'alter table supabase_migrations.schema_migrations add column created_by text',
  );
  expect(applied.length).toBeGreaterThan(2);
  expect(await migrate(url, migrations)).toEqual([]);
});

test('a migration that fails is undone, named, and the ones before it stay', async () => {
  const url = await emptyDatabase('broken');
  const directory = await mkdtemp(path.join(os.tmpdir(), 'perdure-test-'));
  try {
    await writeFile(path.join(directory, '1_first.sql'), 'create table one (n integer)');
    await writeFile(path.join(directory, '2_second.sql'), 'create table two (n integer); select 1/0');
    await writeFile(path.join(directory, 'notes.sql'), 'rubbish');
    await expect(migrate(url, directory)).rejects.toThrow(
      'the migration 2_second failed and was undone: division by zero',
    );
    expect(await query(url, 'select version from supabase_migrations.schema_migrations')).toEqual([
      { version: '1' },
    ]);
    expect(await query(url, "select to_regclass('two') as two")).toEqual([{ two: null }]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a database that cannot be opened is told in one sentence', async () => {
  await expect(migrate('postgres://nobody@127.0.0.1:9/nothing', migrations)).rejects.toThrow(
    /^the database cannot be opened: .*ECONNREFUSED/,
  );
});
