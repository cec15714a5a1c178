/** Names and shapes of the daily job that removes what is older than it must be kept. */

export const RETENTION_WORKFLOW = 'retention';
export const RETENTION_SCHEDULE = 'perdure-retention';

/** Days after a run's end, unless told otherwise; null to keep for ever. */
export interface RetentionInput {
  runDays: number | null;
  eventDays: number | null;
  /** Of entries of the audit log, after they were written. */
  auditDays: number | null;
}

export interface RetentionResult {
  deletedRuns: number;
  /** Runs whose events were deleted. */
  trimmedRuns: number;
  /** Runs that could not be deleted, for a reason that the next day may mend. */
  failedRuns: number;
  deletedAuditEntries: number;
}

export interface RetentionActivities {
  /** Done again after an outage, it goes on with what is left. */
  runRetention(input: RetentionInput): Promise<RetentionResult>;
}
