/** The error table's word in Temporal's terms: what is terminal is not retried. */
import { cancellationDetails, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';
import type { Decision, JournalledFailure } from '../contracts/step-ends.js';
import type { Spent } from '../contracts/spent.js';
import { PerdureError, type ErrorCode, type ErrorInfo } from '../contracts/errors.js';
import type { NewEvent } from '../contracts/events.js';

const LONGEST_PAUSE_SECONDS = 3_600;
/** Temporal takes a pause of nothing for a failure that is not to be retried at all. */
const SHORTEST_PAUSE_SECONDS = 0.1;

/** Seconds: 1, 2, 4 ... 30. */
const pauseAfter = (attempt: number): number => Math.min(2 ** Math.max(0, attempt - 1), 30);

const pauseMs = (seconds: number): number =>
  Math.max(SHORTEST_PAUSE_SECONDS, Math.min(seconds, LONGEST_PAUSE_SECONDS)) * 1000;

/**
 * What is unforeseen is retried and seen.
 * @param attempt of the activity, where its policy leaves growing pauses to us
 */
export function toFailure(error: unknown, attempt?: number): unknown {
  if (error instanceof TemporalFailure) return error;
  if (!(error instanceof PerdureError))
    return attempt === undefined
      ? error
      : ApplicationFailure.fromError(error, { nextRetryDelay: pauseMs(pauseAfter(attempt)) });
  const seconds = error.retryAfterSeconds ?? (attempt === undefined ? undefined : pauseAfter(attempt));
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !error.retryable,
    ...(seconds === undefined ? {} : { nextRetryDelay: pauseMs(seconds) }),
    cause: error,
  });
}

/** Codes that say that what perdure itself stands on is away. */
export const outages: readonly ErrorCode[] = ['store_unavailable', 'workspace_unavailable'];

/** That ends no run, and is no fault of a tool. */
export const isOutage = (error: unknown): boolean =>
  error instanceof PerdureError && outages.includes(error.code);

/** The end of a failed step, which is in the journal: nothing is left to retry. */
export function stepFailure(
  error: ErrorInfo,
  decision: Decision,
  unsent: NewEvent[],
  spent?: Spent,
): ApplicationFailure {
  const journalled: JournalledFailure = {
    ...{ journalled: true as const, error, decision, unsent },
    ...(spent === undefined ? {} : { spent }),
  };
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: true,
    details: [journalled],
  });
}

/** What such a failure says; undefined for any other error. */
export function journalledFailureOf(error: unknown): JournalledFailure | undefined {
  const detail: unknown = error instanceof ApplicationFailure ? error.details?.[0] : undefined;
  return typeof detail === 'object' && detail !== null && 'journalled' in detail
    ? (detail as JournalledFailure)
    : undefined;
}

/** The same for a step that was stopped with its run. */
export function stepCancelled(error: ErrorInfo, unsent: NewEvent[]): CancelledFailure {
  const journalled: JournalledFailure = { journalled: true, error, decision: null, unsent };
  return new CancelledFailure(error.message, [journalled]);
}

/** Seconds until what failed is tried again. */
export const pauseBefore = (error: PerdureError, attempt: number): number =>
  error.retryAfterSeconds ?? pauseAfter(attempt);

/** A failure that is tried again: when its cause said so, else after 1, 2, 4 ... 30 s. */
export function retryLater(error: PerdureError, attempt: number): ApplicationFailure {
  const seconds = pauseBefore(error, attempt);
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: false,
    nextRetryDelay: pauseMs(seconds),
    cause: error,
  });
}

/**
 * What ends an activity that was aborted: the cancellation of its run, or a retry where it is its worker that stops.
 * @param what in words, that goes on after "while"
 */
export const abortedWhile = (what: string): unknown =>
  cancellationDetails()?.cancelRequested === true
    ? cancellationSignal().reason
    : retryLater(new PerdureError('worker_stopped', `the worker was stopped while ${what}`), 0);

/** A tool's unforeseen error is a defect: the same call would meet it again. */
export const toolError = (error: unknown): PerdureError =>
  error instanceof PerdureError
    ? error
    : new PerdureError('tool_failed', error instanceof Error ? error.message : String(error), {
        cause: error,
      });
