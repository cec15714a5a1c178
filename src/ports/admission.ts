/** What a tenant uses, for its limits; shared by all API processes. */

export interface SubmissionWindow {
  allowed: boolean;
  /** Submissions that are left in this window. */
  remaining: number;
  /** Whole seconds until the window is over, at least 1. */
  resetSeconds: number;
}

/** Every method throws PerdureError `store_unavailable` when the database cannot be reached. */
export interface Admission {
  /** Runs that are recorded and not at their end. */
  openRuns(tenantId: string): Promise<number>;
  /** Bytes in the workspaces of all the tenant's runs, as they were last recorded. */
  storedBytes(tenantId: string): Promise<number>;
  /** Sets what one run's workspace holds now; without effect when the run has no record. */
  recordStorage(tenantId: string, runId: string, bytes: number): Promise<void>;
  /** Counts one submission of this minute, by the database's clock, unless the limit is reached. */
  takeSubmission(tenantId: string, perMinute: number): Promise<SubmissionWindow>;
}
