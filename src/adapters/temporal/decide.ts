/** Hands a person's decision to the run's workflow, which takes one decision of each approval. */
import { createHash } from 'node:crypto';
import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { isErrorCode, PerdureError } from '../../../contracts/errors.js';
import { DECIDE_UPDATE, type DecisionRequest } from '../../../contracts/messages.js';

/** @returns false when there is no open workflow */
export async function decide(handle: WorkflowHandle, request: DecisionRequest): Promise<boolean> {
  try {
    // The same decision of the same person is the same update: sent again, it is answered as the first time.
    const updateId = createHash('sha256').update(JSON.stringify(request)).digest('hex');
    await handle.executeUpdate(DECIDE_UPDATE, { args: [request], updateId });
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
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
