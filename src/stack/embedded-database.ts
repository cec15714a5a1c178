/** The embedded database for one command, whether perdure runs at the moment or not. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { lockDataDir } from '../adapters/embedded/data-dir-lock.js';
import { startPostgres } from '../adapters/embedded/postgres-server.js';
import { findRunningPostgres } from '../adapters/embedded/running-postgres.js';
import { migrate } from '../adapters/postgres/migrate.js';
import type { Records } from '../adapters/records/records.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { openRecords } from './open-adapters.js';
import type { Releasers } from './releasers.js';

/**
 * The records for one command: those of the settings, or of `npm start`.
 * @param builtRoot holds the migrations
 * @throws StartupError, MigrationError
 */
export async function openCommandRecords(
  config: Config,
  builtRoot: string,
  logger: Logger,
  releasers: Releasers,
): Promise<Omit<Records, 'close'>> {
  const databaseUrl =
    config.databaseUrl === null && config.supabase === null
      ? await openEmbeddedDatabase(config.dataDir, builtRoot, logger, releasers)
      : config.databaseUrl;
  return (await openRecords({ ...config, databaseUrl }, logger, releasers)).ports;
}

/** @returns its address, for as long as nothing is released */
async function openEmbeddedDatabase(
  dataDir: string,
  builtRoot: string,
  logger: Logger,
  releasers: Releasers,
): Promise<string> {
  // One that was never used is not there yet.
  const running = await findRunningPostgres(await realpath(dataDir).catch(() => dataDir));
  if (running !== null) return running;
  const lock = await lockDataDir(dataDir);
  releasers.push('the lock', () => lock.release());
  const server = await startPostgres({ dataDir: lock.dataDir, logger });
  releasers.push('Postgres', () => server.release());
  await migrate(server.connectionString, path.join(builtRoot, 'deploy', 'migrations'));
  return server.connectionString;
}
