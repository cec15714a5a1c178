/** Retention over the migrations' functions. */
import type { ExpiredRun, Retention } from '../../ports/retention.js';
import type { SqlFunctions } from './sql-functions.js';

export function createRetention(sql: SqlFunctions): Retention {
  return {
    async expiredRuns(before, limit, after) {
      return (await sql.call('expired_runs', {
        p_before: before,
        p_limit: limit,
        p_after_time: after?.finishedAt ?? null,
        p_after_id: after?.runId ?? null,
      })) as ExpiredRun[];
    },

    async deleteRun(tenantId, runId) {
      return (await sql.call('delete_run', { p_tenant_id: tenantId, p_run_id: runId })) as boolean;
    },

    async trimEvents(before, limit) {
      return (await sql.call('delete_old_events', { p_before: before, p_limit: limit })) as number;
    },
  };
}
