/** How runs have ended lately, of all tenants. */

/** Of the runs that ended in one period. Times are in milliseconds; null where no run has one. */
export interface EndedRuns {
  /** Counted from 0. */
  period: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** From the submission until a worker began it. */
  startP50Ms: number | null;
  startP95Ms: number | null;
  /** From the submission until the end. */
  tookP50Ms: number | null;
  tookP95Ms: number | null;
}

export interface RunActivity {
  /**
   * Periods without a run are left out; of very many runs, the older ones too.
   * @param from when the first period begins @param seconds how long each is
   * @throws PerdureError `store_unavailable`
   */
  endedRuns(from: string, seconds: number): Promise<EndedRuns[]>;
}
