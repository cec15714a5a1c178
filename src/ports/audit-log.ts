/** Who did what, kept so that nobody can change it: entries are added, read, and deleted when they are old. */
import type { AuditEntry, AuditFilter, AuditList } from '../../contracts/audit.js';

export interface NewAuditEntry extends AuditEntry {
  tenantId: string;
}

/** Every method throws PerdureError `store_unavailable` when the database cannot be reached. */
export interface AuditLog {
  /** Adds all or none; those whose id is known are left as they are. */
  append(entries: readonly NewAuditEntry[]): Promise<void>;
  /** Newest first. @throws PerdureError `invalid_request` for a cursor it did not give */
  list(tenantId: string, filter: AuditFilter, limit: number, cursor?: string): Promise<AuditList>;
  /**
   * Deletes at most `limit` entries, of all tenants, that were written before a moment; none that is younger than
   * 30 days, whatever the moment.
   * @returns how many
   */
  expire(before: string, limit: number): Promise<number>;
}
