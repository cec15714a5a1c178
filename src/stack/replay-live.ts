/** `perdure replay`, on the Temporal that is configured. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { ConfigError, type Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { requireTemporal } from './ask-temporal.js';
import { openPayloads } from './key-ring.js';
import { openRecords } from './open-adapters.js';
import { Releasers } from './releasers.js';
import { replayRuns, type ReplayOptions, type ReplayReport } from './replay-runs.js';
import { connectTemporal, temporalSecurity } from './temporal-connection.js';
import { bundlePathOf } from './worker-version.js';

/**
 * @throws ConfigError where there is no Temporal, or no records that hold the keys of tenants; StartupError where it cannot
 * be asked
 */
export async function replayLive(
  config: Config,
  builtRoot: string,
  logger: Logger,
  which: Pick<ReplayOptions, 'since' | 'limit'>,
): Promise<ReplayReport> {
  if (config.temporalAddress === null)
    throw new ConfigError('TEMPORAL_ADDRESS must be set: histories are read from there');
  // The SDK logs every divergence at length; the report has what matters.
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
  const releasers = new Releasers();
  try {
    const connection = connectTemporal(config.temporalAddress, await temporalSecurity(config));
    releasers.push('the connection to Temporal', () => connection.close());
    const namespace = config.temporalNamespace;
    const keys =
      config.encryption?.perTenant === true
        ? (await openRecords(config, logger, releasers)).ports.tenantKeys
        : null;
    const { converter } = openPayloads(config, { connection, namespace }, keys);
    // A gate that could not look has not passed, and has found nothing either.
    await requireTemporal(connection, namespace);
    return await replayRuns({
      ...{ connection, namespace, ...which },
      workflows: {
        workflowBundle: { codePath: bundlePathOf(builtRoot) },
        dataConverter: converter,
      },
    });
  } finally {
    await releasers.release(logger);
  }
}
