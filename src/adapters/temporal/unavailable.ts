/** Calls of Temporal with a deadline, their passing failures in the error table's terms. */
import type { Connection } from '@temporalio/client';
import { PerdureError } from '../../../contracts/errors.js';
import { serviceErrorOf } from './grpc-status.js';

/** Milliseconds a call may take, its retries included. */
export const CALL_DEADLINE = 8_000;
// gRPC status codes that pass. Source: gRPC status codes guide.
const DEADLINE_EXCEEDED = 4;
const passing = new Set([1, DEADLINE_EXCEEDED, 8, 10, 14]);

/** @throws PerdureError `temporal_unavailable`, or what cannot pass */
export async function callTemporal<Value>(connection: Connection, act: () => Promise<Value>): Promise<Value> {
  try {
    return await connection.withDeadline(Date.now() + CALL_DEADLINE, act);
  } catch (error) {
    throw translate(error);
  }
}

function translate(error: unknown): unknown {
  const service = serviceErrorOf(error);
  if (service !== undefined && passing.has(service.code))
    return new PerdureError(
      'temporal_unavailable',
      // What gRPC says of a deadline is of its inside.
      service.code === DEADLINE_EXCEEDED
        ? 'Temporal did not answer in time'
        : `Temporal did not answer: ${service.details || service.message}`,
      {
        cause: error,
      },
    );
  return error;
}
