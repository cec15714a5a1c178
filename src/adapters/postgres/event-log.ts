/** EventLog over the migrations' functions. */
import type { NewEvent, RunEvent } from '../../../contracts/events.js';
import type { AppendedEvent, EventLog } from '../../ports/event-log.js';
import { toJsonb, type Database } from './database.js';

export function createPostgresEventLog(database: Database): EventLog {
  return {
    async append(runId: string, events: readonly NewEvent[]): Promise<AppendedEvent[]> {
      const rows = await database.rows<{ event_key: string; inserted: boolean; event: RunEvent }>(
        {
          name: 'append_run_events',
          text: 'select event_key, inserted, event from perdure.append_run_events($1, $2)',
        },
        [runId, toJsonb(events)],
      );
      return rows.map((row) => ({ key: row.event_key, inserted: row.inserted, event: row.event }));
    },

    async read(runId, after, limit) {
      const rows = await database.rows<{ event: RunEvent }>(
        { name: 'read_run_events', text: 'select event from perdure.read_run_events($1, $2, $3) as event' },
        [runId, after, limit],
      );
      return rows.map((row) => row.event);
    },

    async find(runId, keys) {
      const rows = await database.rows<{ event: RunEvent }>(
        { name: 'find_run_events', text: 'select event from perdure.find_run_events($1, $2) as event' },
        [runId, keys],
      );
      return rows.map((row) => row.event);
    },
  };
}
