/** Names and shapes of the job that makes records and workflows agree. */

export const RECONCILE_WORKFLOW = 'reconcile';
export const RECONCILE_SCHEDULE = 'perdure-reconcile';

export interface ReconcileResult {
  /** Records that were open while their workflow was not: they have their end now. */
  ended: number;
  /** Open workflows without a record: they have one now. */
  recorded: number;
  /** Runs whose webhook nobody was telling: somebody does now. */
  webhooks: number;
  /** Runs that could not be looked into; the next time may mend it. */
  failed: number;
}

export interface ReconcileActivities {
  reconcileRuns(): Promise<ReconcileResult>;
}
