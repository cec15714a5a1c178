/** What people are asked and have said; written by the event log's append, read here. */
import type { Approval, ApprovalStatus } from '../../contracts/approvals.js';

export interface ApprovalPage {
  approvals: Approval[];
  /** Opaque; null on the last page. */
  nextCursor: string | null;
}

/** Every method throws PerdureError `store_unavailable` when the database cannot be reached. */
export interface ApprovalStore {
  /** Oldest first. @throws PerdureError `invalid_request` for a cursor it did not give */
  list(
    tenantId: string,
    filter: { runId?: string; status?: ApprovalStatus },
    limit: number,
    cursor?: string,
  ): Promise<ApprovalPage>;
  /** Null when unknown or another tenant's. */
  find(tenantId: string, runId: string, approvalId: string): Promise<Approval | null>;
}
