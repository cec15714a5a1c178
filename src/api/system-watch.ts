/** What the whole system looks like from here, for the metrics: looked at when they are read, and not too often. */
import type { Readiness } from '../../contracts/api.js';
import { withDeadline } from '../../contracts/deadline.js';
import type { WhyCause } from '../../contracts/why.js';
import { explain } from '../diagnosis/explain.js';
import { gather } from '../diagnosis/gather.js';
import type { SystemFacts } from '../ports/meters.js';
import type { ApiContext } from './context.js';
import type { ReadinessCheck } from './readiness.js';
import { remembered } from './remembered.js';

export interface SystemWatch {
  /** Resolves once the meter has been told, which is soon also where parts are away. Never throws. */
  look(): Promise<{ facts: SystemFacts; readiness: Readiness }>;
}

/** Readers who come together, or one after the other, are given the same. */
const FRESH_MS = 5_000;
/** Looking into runs costs several questions to Temporal each. */
const STUCK_FRESH_MS = 30_000;
/** Milliseconds that one part may take to answer. */
const ASK_MS = 3_000;
/** Milliseconds without an event after which a run is looked into, and how many are. */
const IDLE_MS = 30_000;
const MOST = 20;

export function createSystemWatch(context: ApiContext, readiness: ReadinessCheck): SystemWatch {
  const { inspector, openRuns, meter, logger } = context;
  const ask = <Value>(what: string, question: Promise<Value>): Promise<Value | null> =>
    withDeadline(question, ASK_MS).catch((error: unknown) => {
      logger.warn({ err: error }, `the metrics lack ${what}`);
      return null;
    });
  const stuck = remembered(STUCK_FRESH_MS, () => stuckRuns(context));
  const look = remembered(FRESH_MS, async () => {
    const [runs, stuckNow, queue, toolQueue, elsewhere, readinessNow] = await Promise.all([
      openRuns === null ? null : ask('the open runs', openRuns.countOpen()),
      ask('the runs that stand still', stuck()),
      ask('the task queue', inspector.queue()),
      ask('the task queue of tools', inspector.toolQueue()),
      ask('the runs of other task queues', inspector.openRunsElsewhere()),
      readiness(),
    ]);
    const facts: SystemFacts = {
      ...{ openRuns: runs, stuckRuns: stuckNow, queue, toolQueue },
      runsElsewhere: elsewhere,
    };
    meter.observed(facts);
    return { facts, readiness: readinessNow };
  });
  return { look };
}

/** @returns null where nobody can tell */
async function stuckRuns(context: ApiContext): Promise<SystemFacts['stuckRuns']> {
  if (context.openRuns === null) return null;
  const before = new Date(context.now().getTime() - IDLE_MS).toISOString();
  const runs = await context.openRuns.idleRuns(before, MOST);
  const causes: Partial<Record<WhyCause, number>> = {};
  await Promise.all(
    runs.map(async ({ tenantId, runId }) => {
      const { state, cause } = explain(await gather(context, tenantId, runId));
      if (state === 'stuck') causes[cause] = (causes[cause] ?? 0) + 1;
    }),
  );
  return causes;
}
