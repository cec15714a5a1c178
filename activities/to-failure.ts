/** The error table's word in Temporal's terms: what is terminal is not retried. */
import { ApplicationFailure } from '@temporalio/common';
import { PerdureError } from '../contracts/errors.js';

/** Anything but a PerdureError passes unchanged: an unforeseen error is retried and seen. */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof PerdureError)) return error;
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !error.retryable,
    ...(error.retryAfterSeconds === undefined ? {} : { nextRetryDelay: error.retryAfterSeconds * 1000 }),
    cause: error,
  });
}

const LONGEST_PAUSE_SECONDS = 3_600;

/** A failure that is tried again: when its cause said so, else after 1, 2, 4 ... 30 s. */
export function retryLater(error: PerdureError, attempt: number): ApplicationFailure {
  const seconds = error.retryAfterSeconds ?? Math.min(2 ** Math.max(0, attempt - 1), 30);
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: false,
    nextRetryDelay: Math.min(seconds, LONGEST_PAUSE_SECONDS) * 1000,
    cause: error,
  });
}
