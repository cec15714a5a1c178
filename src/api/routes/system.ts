/** What the whole system does, for whoever operates it: of all tenants, so that no tenant's scope opens it. */
import type { Request, RequestHandler } from 'express';
import type { System } from '../../../contracts/system.js';
import { version } from '../../../contracts/version.js';
import { withDeadline } from '../../../contracts/deadline.js';
import type { WhyCause } from '../../../contracts/why.js';
import type { EndedRuns } from '../../ports/run-activity.js';
import type { ApiContext } from '../context.js';
import { PERIOD_SECONDS, type RecentPeriod } from '../recent-activity.js';
import { remembered } from '../remembered.js';
import { operatorMissing } from '../sign-in/unauthenticated.js';
import type { SystemWatch } from '../system-watch.js';

/** Whoever asks meanwhile is given the same. */
const FRESH_MS = 5_000;
const ASK_MS = 3_000;

export function createSystemRoute(context: ApiContext, watch: SystemWatch): RequestHandler {
  const startedAt = context.now().toISOString();
  const ended = remembered(FRESH_MS, async () => {
    const from = context.recent.periods()[0]?.from ?? startedAt;
    return { from, runs: await endedRuns(context, from) };
  });
  return async (req, res) => {
    await refuseOthers(context, req);
    const [{ facts, readiness }, runs] = await Promise.all([watch.look(), ended()]);
    const { queue, toolQueue, openRuns, stuckRuns, runsElsewhere } = facts;
    const system: System = {
      ready: readiness.ready,
      parts: readiness.parts,
      askedAt: context.now().toISOString(),
      queue,
      toolQueue,
      openRuns,
      stuckRuns:
        stuckRuns === null
          ? null
          : Object.entries(stuckRuns).map(([cause, n]) => ({ cause: cause as WhyCause, runs: n })),
      runsElsewhere,
      canary: context.canary(),
      server: { version, startedAt },
      periodSeconds: PERIOD_SECONDS,
      periods: context.recent.periods().map((period) => ({ ...period, runs: endedIn(period, runs) })),
    };
    res.set('Cache-Control', 'no-store').json(system);
  };
}

/** @throws PerdureError `unauthenticated`, `insufficient_scope` */
async function refuseOthers({ metrics, signIn }: ApiContext, req: Request): Promise<void> {
  if (metrics?.mayRead(req.headers.authorization) === true) return;
  if ((await signIn.identify(req)).operator === true) return;
  throw operatorMissing();
}

async function endedRuns({ activity, logger }: ApiContext, from: string): Promise<readonly EndedRuns[]> {
  if (activity === null) return [];
  try {
    return await withDeadline(activity.endedRuns(from, PERIOD_SECONDS), ASK_MS);
  } catch (error) {
    // The readiness beside it says that the records are away.
    logger.warn({ err: error }, 'the system page lacks how runs have ended');
    return [];
  }
}

const none = { completed: 0, failed: 0, cancelled: 0, startP50Ms: null, startP95Ms: null } as const;

function endedIn(
  { from }: RecentPeriod,
  { from: first, runs }: { from: string; runs: readonly EndedRuns[] },
): System['periods'][number]['runs'] {
  const period = (Date.parse(from) - Date.parse(first)) / 1_000 / PERIOD_SECONDS;
  const found = runs.find((one) => one.period === period);
  if (found === undefined) return { ...none, tookP50Ms: null, tookP95Ms: null };
  const { period: _period, ...ended } = found;
  return ended;
}
