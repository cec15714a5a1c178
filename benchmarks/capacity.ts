/** What does a load take, and what gives out first? Nothing is run: a model over what was measured (results/). */
import { capacityOf, limitsOf, type Load } from './support/capacity-model.js';
import { readMeasured } from './support/measured.js';
import { rounded } from './support/statistics.js';

/** Eight steps, half of them quick; each run is watched for half a minute. */
export const loadOf = (runsPerSecond: number): Load => ({
  ...{ runsPerSecond, stepsPerRun: 8, quickShare: 0.5, streams: runsPerSecond * 30 },
  ...{ keepEventsDays: 30, keepHistoryDays: 3 },
});

export const LIMITS = { databaseCores: 16, eventsGb: 500 };

export function run(): { rows: Record<string, string | number>[] } {
  const measured = readMeasured();
  const loads = [0.1, 1, 10, 100].map((runsPerSecond) => {
    const { cores, nodeProcesses, apis, streamGb, eventsGb, historyGb } = capacityOf(
      loadOf(runsPerSecond),
      measured,
    );
    return {
      'runs/s': runsPerSecond,
      'cores of API and worker': rounded(cores.node),
      'of Temporal': rounded(cores.temporal),
      'of Postgres': rounded(cores.postgres),
      'Node processes': nodeProcesses,
      APIs: apis,
      'GB of streams': rounded(streamGb),
      'GB of events': rounded(eventsGb),
      'GB in Temporal': rounded(historyGb),
    };
  });
  const limits = limitsOf(loadOf(1), measured, LIMITS).map(({ part, runsPerSecond, then }) => ({
    'gives out': part,
    'at runs/s': rounded(runsPerSecond),
    then,
  }));
  return { rows: [...loads, ...limits] };
}
