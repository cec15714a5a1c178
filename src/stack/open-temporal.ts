/** The Temporal that the stack stands on: one that runs already, or our own, kept running. */
import { Connection } from '@temporalio/client';
import { searchAttributes } from '../../contracts/messages.js';
import { StartupError } from '../adapters/embedded/startup-error.js';
import { cacheDirFrom, findTemporal } from '../adapters/embedded/temporal-binary.js';
import { addSearchAttributes } from '../adapters/embedded/temporal-search-attributes.js';
import { startTemporal } from '../adapters/embedded/temporal-server.js';
import type { Logger } from '../ports/logger.js';
import { keepRunning } from './keep-running.js';
import type { Releasers } from './releasers.js';
import type { StackOptions } from './start-stack.js';

const attributeTypes = Object.fromEntries(Object.values(searchAttributes).map((name) => [name, 'Keyword']));

export async function openTemporal(
  { config, env, onProgress, signal }: StackOptions,
  dataDir: string,
  logger: Logger,
  releasers: Releasers,
): Promise<{ address: string; uiUrl: string | null; lost: Promise<string> | null }> {
  if (config.temporalAddress !== null) {
    const address = config.temporalAddress;
    try {
      const connection = await Connection.connect({ address, connectTimeout: '5s' });
      await addSearchAttributes(connection, config.temporalNamespace, attributeTypes);
      await connection.close();
    } catch (error) {
      throw new StartupError(`No Temporal answers at TEMPORAL_ADDRESS ${address}: ${String(error)}`, {
        cause: error,
      });
    }
    return { address, uiUrl: config.temporalUiUrl, lost: null };
  }
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
      searchAttributes: attributeTypes,
      logger,
    });
  const server = await start(config.temporalPort, config.temporalUiPort);
  const again = () => start(portOf(server.address), portOf(server.uiUrl));
  const kept = keepRunning('Temporal', server, again, logger);
  releasers.push('Temporal', () => kept.release());
  signal?.throwIfAborted();
  return { address: server.address, uiUrl: server.uiUrl, lost: kept.lost };
}

const portOf = (address: string): number => Number(/\d+$/.exec(address)?.[0]);
