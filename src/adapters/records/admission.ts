/** Admission over the migrations' functions. */
import type { Admission, SubmissionWindow } from '../../ports/admission.js';
import type { SqlFunctions } from './sql-functions.js';

export function createAdmission(sql: SqlFunctions): Admission {
  return {
    async openRuns(tenantId) {
      return (await sql.call('open_run_count', { p_tenant_id: tenantId })) as number;
    },

    async storedBytes(tenantId) {
      return (await sql.call('stored_bytes', { p_tenant_id: tenantId })) as number;
    },

    async recordStorage(tenantId, runId, bytes) {
      await sql.call('record_storage', { p_tenant_id: tenantId, p_run_id: runId, p_bytes: bytes });
    },

    async takeSubmission(tenantId, perMinute) {
      return (await sql.call('take_submission', {
        p_tenant_id: tenantId,
        // Postgres' integer ends there; nobody submits more in a minute.
        p_per_minute: Math.min(perMinute, 2_147_483_647),
      })) as SubmissionWindow;
    },
  };
}
