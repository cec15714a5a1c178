/** Removes what is older than it must be kept. Only runs at their end are ever touched. */

export interface ExpiredRun {
  tenantId: string;
  runId: string;
  finishedAt: string;
}

/** Every method throws PerdureError `store_unavailable` when the database cannot be reached. */
export interface Retention {
  /** Runs that finished before a moment, oldest first, from the one after `after` on. */
  expiredRuns(before: string, limit: number, after?: ExpiredRun): Promise<ExpiredRun[]>;
  /** The record with its events and counts; its files must be gone by then. False when there was none at its end. */
  deleteRun(tenantId: string, runId: string): Promise<boolean>;
  /**
   * Deletes the events of at most `limit` runs that finished before a moment, and leaves their records. Reading
   * such a log is answered `events_expired`.
   * @returns how many runs lost their events
   */
  trimEvents(before: string, limit: number): Promise<number>;
}
