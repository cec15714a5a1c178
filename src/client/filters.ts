/** Which runs, approvals and entries a list has, and how that is said in an address. */
import type { ApprovalStatus } from '../../contracts/approvals.js';
import type { AuditFilter as EntryFilter } from '../../contracts/audit.js';
import type { RunStatus } from '../../contracts/runs.js';

/** Which runs; all that is given must fit. */
export interface RunFilter {
  /** One of several: the runs that have any of them. */
  status?: RunStatus | readonly RunStatus[] | undefined;
  agent?: string | undefined;
  /** The run whose sub-agents they are. */
  parent?: string | undefined;
  /** ISO 8601 with an offset. */
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  metadata?: Record<string, string> | undefined;
  /** Of one page: 1 to 200, 50 unless told. */
  limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  cursor?: string | undefined;
}

export type StatisticsFilter = Pick<RunFilter, 'agent' | 'createdAfter' | 'createdBefore' | 'metadata'> & {
  /** Into how many the time may be cut: 2 to 200, 48 unless told. */
  periods?: number | undefined;
};

/** Which entries of the audit log, a page at a time. */
export interface AuditFilter extends EntryFilter {
  /** Of one page: 1 to 1,000, 100 unless told. */
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface ApprovalFilter {
  runId?: string | undefined;
  status?: ApprovalStatus | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export function queryOf({
  metadata = {},
  ...filter
}: RunFilter | StatisticsFilter | ((ApprovalFilter | AuditFilter) & { metadata?: never })): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
  for (const [name, value] of Object.entries(metadata)) query.set(`metadata[${name}]`, value);
  return query;
}
