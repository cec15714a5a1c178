/** Open runs as the records and as the durable engine have them, of all tenants. */
import type { NewRun, RunStatus } from '../../contracts/runs.js';
import type { WebhookInput } from '../../contracts/webhook-delivery.js';

export interface OpenRun {
  tenantId: string;
  runId: string;
  createdAt: string;
}

/** @throws PerdureError `store_unavailable` */
export interface OpenRecords {
  /** Runs that are recorded and not at their end, created before a moment, oldest first, from after `after` on. */
  openRuns(before: string, limit: number, after?: OpenRun): Promise<OpenRun[]>;
  /** Runs that ended before a moment and whose webhook nobody has begun to tell, oldest first. */
  untoldWebhooks(before: string, limit: number): Promise<WebhookInput[]>;
  /** How many there are of each status; a status without one may be left out. */
  countOpen(): Promise<{ status: RunStatus; runs: number }[]>;
  /** Queued or running ones whose newest event is from before a moment, that of the longest standstill first. */
  idleRuns(before: string, limit: number): Promise<Omit<OpenRun, 'createdAt'>[]>;
}

/** Every method throws PerdureError `temporal_unavailable`. */
export interface RunWorkflows {
  /** Temporal's word in lower case; null where there is no workflow of the run. */
  statusOf(runId: string): Promise<string | null>;
  /** Runs whose workflow is open and began before a moment. */
  open(before: string): AsyncIterable<{ runId: string; tenantId: string }>;
  /** What the run's workflow was started with; null where it is gone. */
  newRunOf(runId: string): Promise<NewRun | null>;
  /** @returns false when somebody is at it */
  startWebhook(input: WebhookInput): Promise<boolean>;
}
