/** What a tenant uses, for its limits; shared by all API processes. */

/** What one tenant may have; null for no limit. */
export interface TenantLimits {
  readonly openRuns: number | null;
  readonly submissionsPerMinute: number | null;
  readonly storageBytes: number | null;
}

export interface SubmissionWindow {
  allowed: boolean;
  /** Submissions that are left in this window. */
  remaining: number;
  /** Whole seconds until the window is over, at least 1. */
  resetSeconds: number;
}

export interface RunAdmission {
  /** The limit that the run would pass; null when it may start. */
  refusedBy: 'open_runs' | 'submissions' | null;
  /** Open runs of the tenant, this one included if it may start; counted up to the limit only. */
  openRuns: number;
  /** Null where submissions are not limited, and for a repeat. */
  window: SubmissionWindow | null;
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
  /**
   * Takes a place for a run that is about to start: for a minute it counts as open, recorded or not. A run that
   * has a record or a place is admitted again without being counted. Of many at once, as many as the limits say.
   */
  admitRun(
    tenantId: string,
    runId: string,
    limits: Pick<TenantLimits, 'openRuns' | 'submissionsPerMinute'>,
  ): Promise<RunAdmission>;
  /** Gives the place back, for a run that did not start. */
  releaseRun(tenantId: string, runId: string): Promise<void>;
  /**
   * Keeps room for a file that is being written, an hour at most; a second call of the same hold replaces it.
   * @returns the bytes kept: what was asked for, or what is left below the limit
   */
  holdStorage(tenantId: string, holdId: string, bytes: number, limit: number): Promise<number>;
  releaseStorage(tenantId: string, holdId: string): Promise<void>;
}
