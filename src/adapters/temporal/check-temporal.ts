/** Whether a Temporal has what runs need: its namespace, and the search attributes. */
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { PerdureError } from '../../../contracts/errors.js';
import { searchAttributes } from '../../../contracts/messages.js';

// Source: google.rpc.Code.
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/** A setting that no waiting mends. */
export class TemporalRefusal extends Error {
  override readonly name = 'TemporalRefusal';
}

/** @throws TemporalRefusal; PerdureError `temporal_unavailable` where search attributes may still come */
export async function checkTemporal(connection: Connection, namespace: string): Promise<void> {
  const refused = (sentence: string, cause: unknown): TemporalRefusal =>
    new TemporalRefusal(sentence, { cause });
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    const code = codeOf(error);
    if (code === NOT_FOUND)
      throw refused(
        `Temporal has no namespace ${JSON.stringify(namespace)}; TEMPORAL_NAMESPACE names it`,
        error,
      );
    if (code === PERMISSION_DENIED || code === UNAUTHENTICATED)
      throw refused(
        'Temporal does not let perdure in: look at TEMPORAL_API_KEY, the client certificate and TEMPORAL_NAMESPACE',
        error,
      );
    throw error;
  }
  const names = Object.values(searchAttributes);
  // Unlike the operator's calls, a query is answered by every Temporal, the Cloud included.
  const query = ['WorkflowId = "run-none"', ...names.map((name) => `${name} is null`)].join(' and ');
  try {
    await connection.workflowService.countWorkflowExecutions({ namespace, query });
  } catch (error) {
    if (codeOf(error) !== INVALID_ARGUMENT) throw error;
    // Whoever adds them may be at it.
    throw new PerdureError(
      'temporal_unavailable',
      `Temporal does not know the search attributes ${names.join(', ')} (${String(error)}): run perdure migrate`,
      { cause: error },
    );
  }
}

const codeOf = (error: unknown): number | undefined => (isGrpcServiceError(error) ? error.code : undefined);
