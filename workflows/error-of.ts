/** What a failed activity means for the run. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import type { SpentInVain, Spent } from '../contracts/spent.js';
import type { JournalledFailure } from '../contracts/step-ends.js';
import { isErrorCode, type ErrorInfo } from '../contracts/errors.js';

/**
 * The error as events carry it, or `cancelled`; undefined for what is not a failure of an activity (such as
 * a defect in workflow code, which must fail the workflow task and be seen, not end the run).
 */
export function errorOf(error: unknown): ErrorInfo | 'cancelled' | undefined {
  if (isCancellation(error)) return 'cancelled';
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure)
    return {
      // The activities' errors are typed by the error table; what else there is came from the SDK.
      code: isErrorCode(cause.type) ? cause.type : 'internal',
      message: cause.message,
      retryable: cause.nonRetryable !== true,
    };
  if (cause instanceof TimeoutFailure)
    return { code: 'tool_timeout', message: `the activity timed out: ${cause.message}`, retryable: true };
  if (error instanceof ActivityFailure)
    return {
      code: 'internal',
      message: cause instanceof Error ? cause.message : error.message,
      retryable: true,
    };
  return undefined;
}

/** What a step's activity says of a failure that is in the journal; undefined for any other error. */
export function journalledFailureOf(error: unknown): JournalledFailure | undefined {
  const detail = detailOf(error);
  return 'journalled' in detail ? (detail as JournalledFailure) : undefined;
}

/** What calls of models took although nothing came of them. */
export function spentOf(error: unknown): Spent | undefined {
  const detail = detailOf(error);
  return 'spent' in detail ? (detail as SpentInVain).spent : undefined;
}

/** The first of the failure's details. */
function detailOf(error: unknown): object {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const isTyped = cause instanceof ApplicationFailure || cause instanceof CancelledFailure;
  const detail: unknown = isTyped ? cause.details?.[0] : undefined;
  return typeof detail === 'object' && detail !== null ? detail : {};
}
