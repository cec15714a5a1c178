/** Hands what a person wants to the run's workflow, which takes or refuses it. */
import { createHash } from 'node:crypto';
import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { isErrorCode, PerdureError } from '../../../contracts/errors.js';
import { isFailedPrecondition } from './grpc-status.js';

/** @returns false when there is no open workflow */
export async function updateRun(handle: WorkflowHandle, name: string, request: object): Promise<boolean> {
  try {
    // The same wish of the same person is the same update: sent again, it is answered as the first time.
    const updateId = createHash('sha256').update(JSON.stringify(request)).digest('hex');
    await handle.executeUpdate(name, { args: [request], updateId });
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    // The second where the run's last workflow tasks were lost with their workers: Temporal takes no update meanwhile.
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isFailedPrecondition(error))
      throw new PerdureError('decision_pending', 'no worker has taken the decision yet', {
        cause: error,
        retryAfterSeconds: 5,
      });
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && isErrorCode(cause.type))
      throw new PerdureError(cause.type, cause.message, { cause: error });
    throw error;
  }
}
