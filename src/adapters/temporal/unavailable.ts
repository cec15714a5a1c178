/** Calls of Temporal with a deadline, their passing failures in the error table's terms. */
import type { Connection } from '@temporalio/client';
import { PerdureError } from '../../../contracts/errors.js';
import { serviceErrorOf } from './grpc-status.js';

/** Milliseconds a call may take, its retries included. */
export const CALL_DEADLINE = 8_000;
// gRPC status codes that pass. Source: gRPC status codes guide.
const DEADLINE_EXCEEDED = 4;
const passing = new Set([1, DEADLINE_EXCEEDED, 8, 10, 14]);

/** Why the newest attempt of a call failed, by connection: a call that ran out of time does not say it itself. */
const attempts = new WeakMap<Connection, { details: string; at: number }>();

/** @param details as gRPC says it */
export function attemptFailed(connection: Connection, details: string): void {
  attempts.set(connection, { details, at: performance.now() });
}

/** @throws PerdureError `temporal_unavailable`, or what cannot pass */
export async function callTemporal<Value>(connection: Connection, act: () => Promise<Value>): Promise<Value> {
  try {
    return await connection.withDeadline(Date.now() + CALL_DEADLINE, act);
  } catch (error) {
    throw translate(connection, error);
  }
}

function translate(connection: Connection, error: unknown): unknown {
  const service = serviceErrorOf(error);
  if (service === undefined || !passing.has(service.code)) return error;
  const failed = attempts.get(connection);
  const lately = failed !== undefined && performance.now() - failed.at < CALL_DEADLINE;
  const message =
    service.code !== DEADLINE_EXCEEDED
      ? `Temporal did not answer: ${plain(service.details || service.message)}`
      : // What gRPC says of a deadline is of its inside.
        lately
        ? `Temporal did not answer in time: ${plain(failed.details)}`
        : 'Temporal did not answer in time';
  return new PerdureError('temporal_unavailable', message, { cause: error });
}

/** Without what gRPC says around the reason. */
const plain = (details: string): string =>
  details
    .replace(/^No connection established\. Last error: (?:Error(?: \[\w+\])?: )?/, '')
    .replace(/\.? Resolution note: *$/, '');
