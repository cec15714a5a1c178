/** OpenRecords over the migrations' function. */
import type { WebhookInput } from '../../../contracts/webhook-delivery.js';
import type { OpenRecords, OpenRun } from '../../ports/open-runs.js';
import type { SqlFunctions } from './sql-functions.js';

export const createOpenRecords = (sql: SqlFunctions): OpenRecords => ({
  async openRuns(before, limit, after) {
    return (await sql.call('open_runs', {
      p_before: before,
      p_limit: limit,
      p_after_time: after?.createdAt ?? null,
      p_after_id: after?.runId ?? null,
    })) as OpenRun[];
  },
  async untoldWebhooks(before, limit) {
    return (await sql.call('untold_webhooks', { p_before: before, p_limit: limit })) as WebhookInput[];
  },

  async countOpen() {
    return (await sql.call('count_open_runs', {})) as Awaited<ReturnType<OpenRecords['countOpen']>>;
  },

  async idleRuns(before, limit) {
    return (await sql.call('idle_runs', { p_before: before, p_limit: limit })) as Awaited<
      ReturnType<OpenRecords['idleRuns']>
    >;
  },
});
