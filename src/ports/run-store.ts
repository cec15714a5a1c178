/** Run records: created once, read and listed by tenant. Their progress is written by the event log's append. */
import type { NewRun, RunHead, RunRecord, RunStatus } from '../../contracts/runs.js';
import type { WebhookDelivery } from '../../contracts/webhooks.js';

export interface ListRunsFilter {
  /** Any of them; at least one. */
  status?: RunStatus[] | undefined;
  agent?: string | undefined;
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  metadata?: Record<string, string> | undefined;
  /** The run whose sub-agents they are. */
  parent?: string | undefined;
}

/** Which runs are counted: those of a list, of every status. */
export type CountRunsFilter = Omit<ListRunsFilter, 'status' | 'parent'>;

export interface RunCount {
  status: RunStatus;
  /** In which they were created: counted from 0; null before the first. */
  period: number | null;
  runs: number;
}

export interface RunPage {
  runs: RunHead[];
  /** Opaque; null on the last page. */
  nextCursor: string | null;
}

/** Every method throws PerdureError `store_unavailable` when the database cannot be reached. */
export interface RunStore {
  /** Creates the record with its `run.queued` event, or returns the one that is there. */
  createRun(run: NewRun): Promise<RunRecord>;
  /** Null when unknown or another tenant's. */
  getRun(tenantId: string, runId: string): Promise<RunRecord | null>;
  /** The same without the plan. */
  findRun(tenantId: string, runId: string): Promise<RunHead | null>;
  /** Newest first. @throws PerdureError `invalid_request` for a cursor it did not give */
  listRuns(tenantId: string, filter: ListRunsFilter, limit: number, cursor?: string): Promise<RunPage>;
  /** Statuses and periods without a run are left out. @param periods when the first begins, and how long each is */
  countRuns(
    tenantId: string,
    filter: CountRunsFilter,
    periods: { from: string; seconds: number },
  ): Promise<RunCount[]>;
  /** Adds to what is known of the run's webhook. @throws PerdureError `run_not_found` for one without a webhook too */
  noteWebhook(tenantId: string, runId: string, note: Partial<WebhookDelivery>): Promise<void>;
  /** Resolves when the database answers with the schema this build needs. */
  check(): Promise<void>;
}
