/** RunActivity over the migrations' functions. */
import type { EndedRuns, RunActivity } from '../../ports/run-activity.js';
import type { SqlFunctions } from './sql-functions.js';

/** Of so many runs at most, that an hour of a busy system takes no longer than a moment. */
const MOST = 20_000;

export function createRunActivity(sql: SqlFunctions): RunActivity {
  return {
    async endedRuns(from, seconds) {
      const args = { p_from: from, p_seconds: seconds, p_limit: MOST };
      return (await sql.call('ended_runs', args)) as EndedRuns[];
    },
  };
}
