/** The half of Admission that takes places and room beforehand, over the migrations' functions. */
import type { Admission, RunAdmission } from '../../ports/admission.js';

interface Caller {
  call(name: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** Where Postgres' integer ends; nobody submits more in a minute. */
const MOST = 2_147_483_647;

export const createPlaces = (
  sql: Caller,
): Pick<Admission, 'admitRun' | 'releaseRun' | 'holdStorage' | 'releaseStorage'> => ({
  async admitRun(tenantId, runId, { openRuns, submissionsPerMinute }) {
    return (await sql.call('admit_run', {
      p_tenant_id: tenantId,
      p_run_id: runId,
      p_open_runs: openRuns,
      p_per_minute: submissionsPerMinute === null ? null : Math.min(submissionsPerMinute, MOST),
    })) as RunAdmission;
  },

  async releaseRun(tenantId, runId) {
    await sql.call('release_run', { p_tenant_id: tenantId, p_run_id: runId });
  },

  async holdStorage(tenantId, holdId, bytes, limit) {
    const args = { p_tenant_id: tenantId, p_hold_id: holdId, p_bytes: bytes, p_limit: limit };
    return (await sql.call('hold_storage', args)) as number;
  },

  async releaseStorage(tenantId, holdId) {
    await sql.call('release_storage', { p_tenant_id: tenantId, p_hold_id: holdId });
  },
});
