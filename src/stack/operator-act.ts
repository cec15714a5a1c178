/** What the command line of the server has done to a tenant, as the audit log has it. */
import { v7 } from 'uuid';
import type { NewAuditEntry } from '../ports/audit-log.js';

export const operatorAct = (
  tenantId: string,
  action: string,
  target: string | null,
  outcome = 'ok',
): NewAuditEntry => ({
  id: v7(),
  at: new Date().toISOString(),
  tenantId,
  subject: 'operator',
  address: null,
  action,
  target,
  outcome,
  requestId: null,
});
