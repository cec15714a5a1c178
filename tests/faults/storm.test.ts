/**
 * A storm: runs while a worker is killed every three seconds and every back end is restarted once, for as long as is
 * wanted: npm run faults -- --minutes 30 --seed 7
 */
import { expect, test } from 'vitest';
import { missingBackEnds } from '../e2e/support/back-ends.js';
import { runStorm } from './support/storm.js';

const missing = await missingBackEnds();
const { PERDURE_FAULT_MINUTES, PERDURE_FAULT_SEED, PERDURE_FAULT_RUNS } = process.env;
const isLong = PERDURE_FAULT_MINUTES !== undefined;
const minutes = Number(PERDURE_FAULT_MINUTES ?? 2);
const seed = Number(PERDURE_FAULT_SEED ?? 1);
const runs = Number(PERDURE_FAULT_RUNS ?? (isLong ? minutes * 60 : 24));
/** Least share of runs that must complete: a storm is not weathered by failing everything. */
const COMPLETED = 0.9;
/**
 * Seconds in which Temporal must have what a killed worker held in its queue again, a Temporal that was away itself
 * included. How long it waits there is for how much there is to do, and for how few workers live: it is in the report.
 */
const RECOVERED = 60;

// Asked for, and not yet part of npm test.
test.skipIf(missing !== null || !isLong)(
  `${runs} runs with the seed ${seed} keep every invariant`,
  { timeout: (minutes + 15) * 60_000 },
  async () => {
    const report = await runStorm({
      seed,
      runs,
      minutes,
      ...(isLong
        ? {
            onLine: (line: string) => {
              console.error(line);
            },
          }
        : {}),
    });
    console.log(JSON.stringify(report, null, 2));
    expect(report.violations).toEqual([]);
    expect(report.restarts).toEqual(['Redis', 'S3', 'Supabase', 'Temporal']);
    expect(report.kills).toBeGreaterThan(3);
    expect(report.byStatus.completed ?? 0).toBeGreaterThanOrEqual(report.runs * COMPLETED);
    expect(report.recovery.count).toBeGreaterThan(0);
    expect(report.recovery.worst).toBeLessThan(RECOVERED);
    expect(report.workflowTasks.worst).toBeLessThan(RECOVERED);
  },
);
