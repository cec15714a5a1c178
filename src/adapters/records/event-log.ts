/** EventLog over the migrations' functions. */
import type { RunEvent } from '../../../contracts/events.js';
import type { AppendedEvent, EventLog } from '../../ports/event-log.js';
import type { SqlFunctions } from './sql-functions.js';

export function createEventLog(sql: SqlFunctions): EventLog {
  return {
    async append(runId, events) {
      return (await sql.call('append_run_events', {
        p_run_id: runId,
        p_events: events,
      })) as AppendedEvent[];
    },

    async read(runId, after, limit) {
      return (await sql.call('read_run_events', {
        p_run_id: runId,
        p_after: after,
        p_limit: limit,
      })) as RunEvent[];
    },

    async find(runId, keys) {
      return (await sql.call('find_run_events', { p_run_id: runId, p_keys: keys })) as RunEvent[];
    },
  };
}
