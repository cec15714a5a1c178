/** Temporal's worker deployment: the builds whose runs are pinned to them, and which one new runs go to. */
import type { Connection } from '@temporalio/client';
import { isFailedPrecondition, isNotFound } from './grpc-status.js';
import { isoOf } from './proto-time.js';
import { callTemporal } from './unavailable.js';

export interface DeployedBuild {
  buildId: string;
  /** current: new runs go to it; draining: it has open runs; drained: it has none, and its workers may go. */
  status: 'current' | 'ramping' | 'draining' | 'drained' | 'inactive';
  createdAt: string | null;
}

export interface WorkerDeployment {
  /** Null while new runs go to workers without versions. */
  currentBuild: string | null;
  builds: DeployedBuild[];
  /** Of what was read: a change that somebody else has made since is refused. */
  token: Uint8Array;
}

interface Place {
  connection: Connection;
  namespace: string;
  deploymentName: string;
}

// Source: temporal.api.enums.v1.WorkerDeploymentVersionStatus.
const STATUSES = ['inactive', 'inactive', 'current', 'ramping', 'draining', 'drained', 'inactive'] as const;
/** Of gRPC: somebody was quicker. */

/** @returns null before a worker has polled with it. @throws PerdureError `temporal_unavailable` */
export const readDeployment = ({
  connection,
  namespace,
  deploymentName,
}: Place): Promise<WorkerDeployment | null> =>
  callTemporal(connection, async () => {
    try {
      const { workerDeploymentInfo: info, conflictToken } =
        await connection.workflowService.describeWorkerDeployment({ namespace, deploymentName });
      const currentBuild = info?.routingConfig?.currentDeploymentVersion?.buildId ?? null;
      return {
        currentBuild: currentBuild === '' ? null : currentBuild,
        builds: (info?.versionSummaries ?? []).map(({ deploymentVersion, status, createTime }) => ({
          buildId: deploymentVersion?.buildId ?? '',
          status: STATUSES[status?.valueOf() ?? 0] ?? 'inactive',
          createdAt: isoOf(createTime),
        })),
        token: conflictToken,
      };
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  });

/**
 * New runs go to this build from now on, and those that are open stay where they are.
 * @param token of the reading that it was decided by; unless given, whatever holds now is overwritten
 * @returns false where there is no such build, or somebody else was quicker. @throws PerdureError `temporal_unavailable`
 */
export const promoteBuild = (
  { connection, namespace, deploymentName }: Place,
  buildId: string,
  token: Uint8Array = new Uint8Array(),
): Promise<boolean> =>
  callTemporal(connection, async () => {
    try {
      await connection.workflowService.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName,
        buildId,
        conflictToken: token,
        identity: 'perdure',
      });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      if (isFailedPrecondition(error)) return false;
      throw error;
    }
  });
