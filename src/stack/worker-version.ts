/** The version of a worker: which build it is, and whether new runs go to it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { promoteBuild, readDeployment } from '../adapters/temporal/worker-deployment.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import type { WorkerVersion } from '../worker/run-worker.js';

export const bundlePathOf = (builtRoot: string): string => path.join(builtRoot, 'workflow-bundle.js');

/**
 * Of the workflows alone: a build in which only tools have changed goes on with the runs of the one before.
 * @returns null where runs are not pinned
 */
export async function workerVersionOf(
  { workerVersion }: Pick<Config, 'workerVersion'>,
  builtRoot: string,
): Promise<WorkerVersion | null> {
  if (workerVersion === null) return null;
  const { deploymentName, buildId } = workerVersion;
  return { deploymentName, buildId: buildId ?? (await bundleId(bundlePathOf(builtRoot))) };
}

const bundleId = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 12);

export interface SettleOptions {
  connection: Connection;
  namespace: string;
  version: WorkerVersion;
  logger: Logger;
  signal: AbortSignal;
}

/** Temporal knows of a build a moment after its first poll. */
const PAUSE_MS = 500;
const TRIES = 60;

/**
 * The first build of a deployment becomes the current one by itself, or no run would ever go anywhere; a later one is
 * promoted by a person or a pipeline, and until then it is said that it takes no new runs. Never throws.
 */
export async function settleVersion({ logger, signal, version, ...place }: SettleOptions): Promise<void> {
  const { deploymentName, buildId } = version;
  for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
    try {
      const deployment = await readDeployment({ ...place, deploymentName });
      if (deployment?.currentBuild === buildId) {
        logger.info(version, 'new runs go to this build');
        return;
      }
      if (deployment !== null && deployment.currentBuild !== null) {
        const { currentBuild } = deployment;
        logger.warn(
          { ...version, currentBuild },
          `new runs go to build ${currentBuild}, and this one takes none until it is promoted: perdure versions promote ${buildId}`,
        );
        return;
      }
      const isKnown = deployment?.builds.some((build) => build.buildId === buildId) === true;
      // Another first worker may be at it: then the next look says so.
      if (isKnown) await promoteBuild({ ...place, deploymentName }, buildId, deployment.token);
    } catch (error) {
      logger.warn({ err: error, ...version }, 'it is not known whether new runs go to this build');
    }
    await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}
