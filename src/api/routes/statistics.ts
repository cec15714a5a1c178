/** Runs counted: by status, and by when they were submitted. */
import type { RequestHandler } from 'express';
import { runStatuses } from '../../../contracts/statuses.js';
import { statisticsQuerySchema, type RunCounts, type Statistics } from '../../../contracts/statistics.js';
import type { RunCount } from '../../ports/run-store.js';
import type { ApiContext } from '../context.js';
import { queryOf } from '../query.js';
import { periodsOf, type Periods } from '../statistics-periods.js';
import { validate } from '../validate.js';

const DAY_MS = 86_400_000;
/** No run is older: times before it, and those to come, would only make the periods longer. */
const OLDEST = Date.UTC(2000, 0);

export function createStatisticsRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { periods: most, ...filter } = validate(statisticsQuerySchema, queryOf(req), 'query');
    const now = context.now().getTime();
    const until = Math.min(now, filter.createdBefore === undefined ? now : Date.parse(filter.createdBefore));
    const from = Math.max(
      OLDEST,
      filter.createdAfter === undefined ? until - DAY_MS : Date.parse(filter.createdAfter),
    );
    const periods = periodsOf(from, until, most);
    const counted = await context.runs.countRuns(context.principalOf(req).tenantId, filter, {
      from: new Date(periods.from).toISOString(),
      seconds: periods.seconds,
    });
    res.set('Cache-Control', 'no-store').json(statisticsOf(counted, periods));
  };
}

function statisticsOf(counted: readonly RunCount[], { from, seconds, count }: Periods): Statistics {
  const all = none();
  const each = Array.from({ length: count }, none);
  for (const { status, period, runs } of counted) {
    all[status] += runs;
    // The database's clock may be ahead of ours: what is newer than now belongs to now.
    const runsThen = period === null ? undefined : each[Math.min(period, count - 1)];
    if (runsThen !== undefined) runsThen[status] += runs;
  }
  return {
    runs: all,
    periodSeconds: seconds,
    periods: each.map((runs, i) => ({ from: new Date(from + i * seconds * 1_000).toISOString(), runs })),
  };
}

const none = (): RunCounts => Object.fromEntries(runStatuses.map((status) => [status, 0])) as RunCounts;
