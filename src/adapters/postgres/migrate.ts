/** Applies the SQL migrations in order, each once and in a transaction of its own. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';

// Any number, the same in every process: two that start at once take turns.
const MIGRATION_LOCK = 7_233_541;

/** Why the database could not be brought up to date, in one sentence for people. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Brings the database up to date. The table of what was applied is the Supabase CLI's own, so that
 * `supabase db push` and this function may be used on the same database.
 * @param directory holds `<timestamp>_<name>.sql` files
 * @returns the versions that were applied now
 * @throws MigrationError
 */
export async function migrate(connectionString: string, directory: string): Promise<string[]> {
  const files = await migrationsIn(directory);
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  // A connection that breaks rejects the query at work; without a listener it would end the process too.
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    throw new MigrationError(`the database cannot be opened: ${wordsOf(error)}`, { cause: error });
  });
  try {
    await client.query("set lock_timeout = '120s'");
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]).catch((error: unknown) => {
      throw new MigrationError(`another migration holds the database: ${wordsOf(error)}`, { cause: error });
    });
    await client.query('create schema if not exists supabase_migrations');
    await client.query(
      `create table if not exists supabase_migrations.schema_migrations
         (version text primary key, statements text[], name text)`,
    );
    // Made by an early CLI, it has fewer columns.
    await client.query(
      `alter table supabase_migrations.schema_migrations
         add column if not exists statements text[], add column if not exists name text`,
    );
    const known = await client.query<{ version: string }>(
      'select version from supabase_migrations.schema_migrations',
    );
    const applied = new Set(known.rows.map((r) => r.version));
    const now: string[] = [];
    for (const { version, name, file } of files) {
      if (applied.has(version)) continue;
      await applyOne(client, version, name, await readFile(file, 'utf8'));
      now.push(version);
    }
    return now;
  } catch (error) {
    if (error instanceof MigrationError) throw error;
    throw new MigrationError(`the database cannot be migrated: ${wordsOf(error)}`, { cause: error });
  } finally {
    // Ends the session, and the lock with it.
    await client.end();
  }
}

interface Migration {
  version: string;
  name: string;
  file: string;
}

/** As the Supabase CLI reads them: what is not named `<digits>_<name>.sql` is passed over. */
async function migrationsIn(directory: string): Promise<Migration[]> {
  const found: Migration[] = [];
  for (const entry of (await readdir(directory)).sort()) {
    const [, version, name] = /^(\d+)_(.*)\.sql$/.exec(entry) ?? [];
    if (version !== undefined && name !== undefined)
      found.push({ version, name, file: path.join(directory, entry) });
  }
  if (found.length === 0) throw new MigrationError(`there are no migrations in ${directory}`);
  return found;
}

async function applyOne(client: pg.Client, version: string, name: string, sql: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query(
      'insert into supabase_migrations.schema_migrations (version, statements, name) values ($1, $2, $3)',
      [version, [sql], name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw new MigrationError(`the migration ${version}_${name} failed and was undone: ${wordsOf(error)}`, {
      cause: error,
    });
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
