/** `perdure migrate`: brings back ends that are configured to what this build needs. */
import { Connection } from '@temporalio/client';
import { searchAttributes } from '../../contracts/messages.js';
import { StartupError } from '../adapters/embedded/startup-error.js';
import { addSearchAttributes } from '../adapters/embedded/temporal-search-attributes.js';
import { migrate } from '../adapters/postgres/migrate.js';
import { ConfigError, type Config } from '../config/env.js';
import { temporalSecurity } from './temporal-connection.js';

export interface Prepared {
  /** Versions of the migrations that were applied now. */
  migrations: string[];
  /** What runs are searched by in Temporal; null where no Temporal is configured. */
  searchAttributes: string[] | null;
}

/** @throws ConfigError, StartupError, MigrationError */
export async function prepareBackEnds(config: Config, migrationsDirectory: string): Promise<Prepared> {
  if (config.databaseUrl === null)
    throw new ConfigError(
      'DATABASE_URL must be set: migrations are applied by a direct connection, of a login that may make schemas and roles',
    );
  const migrations = await migrate(config.databaseUrl, migrationsDirectory);
  if (config.temporalAddress === null) return { migrations, searchAttributes: null };
  await prepareTemporal(config, config.temporalAddress);
  return { migrations, searchAttributes: Object.values(searchAttributes) };
}

/**
 * Has Temporal know what runs are searched by.
 * @throws StartupError
 */
export async function prepareTemporal(config: Config, address: string): Promise<void> {
  const security = await temporalSecurity(config);
  try {
    const connection = await Connection.connect({ address, connectTimeout: '5s', ...security });
    try {
      const types = Object.fromEntries(Object.values(searchAttributes).map((name) => [name, 'Keyword']));
      await addSearchAttributes(connection, config.temporalNamespace, types);
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw new StartupError(`No Temporal answers at TEMPORAL_ADDRESS ${address}: ${String(error)}`, {
      cause: error,
    });
  }
}
