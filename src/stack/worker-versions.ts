/** `perdure versions`: the builds that Temporal knows, and which one new runs go to. */
import type { Connection } from '@temporalio/client';
import {
  promoteBuild,
  readDeployment,
  type WorkerDeployment,
} from '../adapters/temporal/worker-deployment.js';
import { StartupError } from '../adapters/embedded/startup-error.js';
import { ConfigError, type Config } from '../config/env.js';
import { inOneSentence } from './ask-temporal.js';
import { connectTemporal, temporalSecurity } from './temporal-connection.js';
import { workerVersionOf } from './worker-version.js';

export type Versions = Omit<WorkerDeployment, 'token'> & {
  deploymentName: string;
  /** Of the build at hand. */
  ownBuild: string;
};

/** @throws ConfigError, StartupError */
export const readVersions = (config: Config, builtRoot: string): Promise<Versions> =>
  withDeployment(config, builtRoot, async (place, ownBuild) => {
    const deployment = await readDeployment(place);
    if (deployment === null)
      throw new StartupError(
        `Temporal knows no worker deployment "${place.deploymentName}": no worker has polled.`,
      );
    const { token: _token, ...rest } = deployment;
    return { deploymentName: place.deploymentName, ownBuild, ...rest };
  });

/**
 * @param buildId the build at hand unless told
 * @returns the build that is current now. @throws as readVersions, and StartupError where it cannot be
 */
export const promoteVersion = (config: Config, builtRoot: string, buildId?: string): Promise<string> =>
  withDeployment(config, builtRoot, async (place, ownBuild) => {
    const wanted = buildId ?? ownBuild;
    if (!(await promoteBuild(place, wanted)))
      throw new StartupError(
        `Build ${wanted} of "${place.deploymentName}" cannot be promoted: no worker of it has polled, or it does not poll every task queue that the current one does.`,
      );
    return wanted;
  });

async function withDeployment<Value>(
  config: Config,
  builtRoot: string,
  act: (
    place: { connection: Connection; namespace: string; deploymentName: string },
    ownBuild: string,
  ) => Promise<Value>,
): Promise<Value> {
  const { temporalAddress: address, temporalNamespace: namespace } = config;
  if (address === null) throw new ConfigError('TEMPORAL_ADDRESS must be set');
  const version = await workerVersionOf(config, builtRoot);
  if (version === null)
    throw new ConfigError('TEMPORAL_DEPLOYMENT_NAME must be set: without it runs are pinned to no build');
  const connection = connectTemporal(address, await temporalSecurity(config));
  try {
    const place = { connection, namespace, deploymentName: version.deploymentName };
    return await inOneSentence(() => act(place, version.buildId));
  } finally {
    await connection.close();
  }
}
