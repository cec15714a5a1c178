/** Applies the SQL migrations in order, each once and in a transaction of its own. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';

// Any number, the same in every process: two that start at once take turns.
const MIGRATION_LOCK = 7_233_541;

/**
 * Brings the database up to date. The table of what was applied is the Supabase CLI's own, so that
 * `supabase db push` and this function may be used on the same database.
 * @param directory holds `<timestamp>_<name>.sql` files
 * @returns the versions that were applied now
 */
export async function migrate(connectionString: string, directory: string): Promise<string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query('create schema if not exists supabase_migrations');
    await client.query(
      `create table if not exists supabase_migrations.schema_migrations
         (version text primary key, statements text[], name text)`,
    );
    const known = await client.query<{ version: string }>(
      'select version from supabase_migrations.schema_migrations',
    );
    const applied = new Set(known.rows.map((r) => r.version));
    const files = (await readdir(directory)).filter((f) => f.endsWith('.sql')).sort();
    const now: string[] = [];
    for (const file of files) {
      const [version = '', ...name] = file.replace(/\.sql$/, '').split('_');
      if (applied.has(version)) continue;
      await applyOne(client, version, name.join('_'), await readFile(path.join(directory, file), 'utf8'));
      now.push(version);
    }
    return now;
  } finally {
    // Ends the session, and the lock with it.
    await client.end();
  }
}

async function applyOne(client: pg.Client, version: string, name: string, sql: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query('insert into supabase_migrations.schema_migrations values ($1, $2, $3)', [
      version,
      [sql],
      name,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`the migration ${version}_${name} failed`, { cause: error });
  }
}
