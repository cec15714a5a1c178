/** All that the database keeps, over whichever transport reaches it. */
import type { Admission } from '../../ports/admission.js';
import type { ApiKeyStore } from '../../ports/api-key-store.js';
import type { ApprovalStore } from '../../ports/approval-store.js';
import type { AuditLog } from '../../ports/audit-log.js';
import type { EventLog } from '../../ports/event-log.js';
import type { OpenRecords } from '../../ports/open-runs.js';
import type { Retention } from '../../ports/retention.js';
import type { RunActivity } from '../../ports/run-activity.js';
import type { RunStore } from '../../ports/run-store.js';
import type { TenantKeyStore } from '../../ports/tenant-keys.js';
import type { TenantRecords } from '../../ports/tenant-records.js';
import { createAdmission } from './admission.js';
import { createApiKeyStore } from './api-key-store.js';
import { createApprovalStore } from './approval-store.js';
import { createAuditLog } from './audit-log.js';
import { createEventLog } from './event-log.js';
import { createOpenRecords } from './open-records.js';
import { createRetention } from './retention.js';
import { createRunActivity } from './run-activity.js';
import { createRunStore } from './run-store.js';
import { createTenantKeyStore } from './tenant-key-store.js';
import { createTenantRecords } from './tenant-records.js';
import type { SqlFunctions } from './sql-functions.js';

export interface Records {
  runs: RunStore;
  log: EventLog;
  apiKeys: ApiKeyStore;
  admission: Admission;
  approvals: ApprovalStore;
  audit: AuditLog;
  retention: Retention;
  open: OpenRecords;
  activity: RunActivity;
  tenantKeys: TenantKeyStore;
  tenants: TenantRecords;
  close(): Promise<void>;
}

export const createRecords = (sql: SqlFunctions): Records => ({
  runs: createRunStore(sql),
  log: createEventLog(sql),
  apiKeys: createApiKeyStore(sql),
  admission: createAdmission(sql),
  approvals: createApprovalStore(sql),
  audit: createAuditLog(sql),
  retention: createRetention(sql),
  open: createOpenRecords(sql),
  activity: createRunActivity(sql),
  tenantKeys: createTenantKeyStore(sql),
  tenants: createTenantRecords(sql),
  close: () => sql.close(),
});
