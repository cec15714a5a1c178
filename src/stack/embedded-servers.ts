/** The servers that nobody has configured, run by ourselves: Temporal and Postgres, kept running. */
import path from 'node:path';
import { searchAttributes } from '../../contracts/messages.js';
import { startPostgres } from '../adapters/embedded/postgres-server.js';
import { cacheDirFrom, findTemporal } from '../adapters/embedded/temporal-binary.js';
import { startTemporal } from '../adapters/embedded/temporal-server.js';
import { migrate } from '../adapters/postgres/migrate.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { keepRunning } from './keep-running.js';
import type { Releasers } from './releasers.js';
import type { StackOptions } from './stack-options.js';

export interface EmbeddedServers {
  /** The settings, as if somebody had configured these servers. */
  config: Config;
  /** Settles when one cannot be kept running; never where none is embedded. */
  lost: Promise<string>;
}

export async function startEmbeddedServers(
  options: StackOptions,
  dataDir: string,
  logger: Logger,
  releasers: Releasers,
): Promise<EmbeddedServers> {
  const { config } = options;
  // Side by side: each spends most of its start waiting for its server.
  const starting = [
    config.temporalAddress === null
      ? embedTemporal(options, dataDir, logger, releasers)
      : Promise.resolve(null),
    config.databaseUrl === null && config.supabase === null
      ? embedPostgres(options, dataDir, logger, releasers)
      : Promise.resolve(null),
  ] as const;
  // One that fails does not leave the other behind: what has come up is released by whoever asked.
  await Promise.allSettled(starting);
  const [temporal, postgres] = await Promise.all(starting);
  options.signal?.throwIfAborted();
  return {
    config: { ...config, ...temporal?.settings, ...postgres?.settings },
    lost: Promise.race([temporal?.lost, postgres?.lost].filter((lost) => lost !== undefined)),
  };
}

async function embedTemporal(
  { config, env, onProgress, signal }: StackOptions,
  dataDir: string,
  logger: Logger,
  releasers: Releasers,
): Promise<{ settings: Partial<Config>; lost: Promise<string> }> {
  const binary = await findTemporal({
    env,
    cacheDir: cacheDirFrom(env),
    onProgress,
    ...(signal === undefined ? {} : { signal }),
  });
  onProgress('starting Temporal');
  const start = (port: number, uiPort: number) =>
    startTemporal({
      binary,
      dataDir,
      port,
      uiPort,
      namespace: config.temporalNamespace,
      searchAttributes: Object.fromEntries(Object.values(searchAttributes).map((name) => [name, 'Keyword'])),
      logger,
    });
  const server = await start(config.temporalPort, config.temporalUiPort);
  const again = () => start(portOf(server.address), portOf(server.uiUrl));
  const kept = keepRunning('Temporal', server, again, logger);
  releasers.push('Temporal', () => kept.release());
  return { settings: { temporalAddress: server.address, temporalUiUrl: server.uiUrl }, lost: kept.lost };
}

const portOf = (address: string): number => Number(/\d+$/.exec(address)?.[0]);

async function embedPostgres(
  { onProgress, builtRoot }: StackOptions,
  dataDir: string,
  logger: Logger,
  releasers: Releasers,
): Promise<{ settings: Partial<Config>; lost: Promise<string> }> {
  onProgress('starting Postgres');
  const server = await startPostgres({ dataDir, logger });
  const again = () => startPostgres({ dataDir, port: server.port, mustExist: true, logger });
  const kept = keepRunning('Postgres', server, again, logger);
  releasers.push('Postgres', () => kept.release());
  // Only a database of our own is brought up to date unasked; for others there is `perdure migrate`.
  await migrate(server.connectionString, path.join(builtRoot, 'deploy', 'migrations'));
  return { settings: { databaseUrl: server.connectionString }, lost: kept.lost };
}
