/**
 * Runs while everything that they stand on is in trouble, one after the other: each back end slow, cut off and silent,
 * processes killed, stopped and cut off, clocks moved. Longer, and in another order: npm run faults.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingBackEnds } from '../e2e/support/back-ends.js';
import { startCluster, type Cluster } from './support/cluster.js';
import { judgeRuns, persistently, untilEnded } from './support/ended-runs.js';
import { isReady } from './support/kept-process.js';
import { between, seeded } from './support/random.js';
import { stormRun } from './support/storm-plan.js';
import { missingToxiproxy } from './support/toxiproxy.js';
import { troublesOf } from './support/troubles.js';

const missing = (await missingBackEnds()) ?? (await missingToxiproxy());
const { PERDURE_FAULT_MINUTES, PERDURE_FAULT_SEED } = process.env;
const isLong = PERDURE_FAULT_MINUTES !== undefined;
const seed = Number(PERDURE_FAULT_SEED ?? 1);
/** Runs open at once. */
const AT_ONCE = 6;
/** Seconds that a trouble lasts, least and most. */
const LASTS = isLong ? [1, 15] : [1, 2];
/** Least share of runs that must complete: troubles are not weathered by failing everything. */
const COMPLETED = 0.9;

const LONG = { timeout: 240_000 };

describe.skipIf(missing !== null)('troubles', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
    await Promise.all(cluster.workers.map(isReady));
  }, 600_000);
  afterAll(() => cluster.release());

  test(
    `runs with the seed ${seed} keep every invariant`,
    { timeout: (Number(PERDURE_FAULT_MINUTES ?? 0) + 15) * 60_000 },
    async () => {
      const random = seeded(seed);
      const { client } = cluster;
      const submitted: string[] = [];
      let open = 0;
      let isOver = false;
      const submitOneByOne = async (): Promise<void> => {
        while (!isOver) {
          const name = `${seed}-${submitted.length + open}-${Math.floor(random() * 1e9)}`;
          const run = stormRun(random, name);
          open += 1;
          const { id } = await persistently(() => client.submit(run, { idempotencyKey: name }));
          submitted.push(id);
          await untilEnded(client, id);
          open -= 1;
        }
      };
      const submitting = Array.from({ length: AT_ONCE }, submitOneByOne);
      const until = Date.now() + Number(PERDURE_FAULT_MINUTES ?? 0) * 60_000;
      const met = new Map<string, number>();
      do {
        for (const trouble of troublesOf(cluster, random)) {
          if (isLong) console.error(trouble.name);
          await trouble.begin();
          met.set(trouble.name, Math.max(open, met.get(trouble.name) ?? 0));
          await sleep(between(random, LASTS[0] ?? 1, LASTS[1] ?? 1) * 1_000);
          await trouble.end();
          await sleep(500);
        }
      } while (Date.now() < until);
      isOver = true;
      await Promise.all(submitting);

      const ended = await judgeRuns({ client, temporal: cluster.temporal, acts: cluster.counter }, submitted);
      console.log(JSON.stringify({ runs: submitted.length, ...ended, decided: cluster.decider.decided() }));
      expect(ended.violations).toEqual([]);
      expect(ended.byStatus.completed ?? 0).toBeGreaterThanOrEqual(submitted.length * COMPLETED);
      // Each met runs that were under way.
      expect([...met].filter(([, runs]) => runs === 0)).toEqual([]);
    },
  );

  test(
    'a worker whose word does not get through: its step is done twice, and counted once',
    LONG,
    async () => {
      const { client, counter, workers, ownLines } = cluster;
      const name = `twice-${seed}`;
      const { id } = await client.submit({
        goal: 'be done twice',
        metadata: { storm: name },
        plan: {
          steps: [
            { id: 'again', tool: 'act_again', args: { key: `${name}/again`, beforeMs: 0, afterMs: 8_000 } },
            { id: 'next', tool: 'echo', args: { text: '{{steps.again.output}}' }, dependsOn: ['again'] },
          ],
        },
      });
      await expect.poll(() => counter.of(name).get('again'), { timeout: 60_000, interval: 50 }).toBe(1);
      const holder = workers.findIndex((worker) =>
        worker
          .output()
          .split('\n')
          .some(
            (line) =>
              line.includes('"an activity begins"') && line.includes(id) && line.includes('"step:again"'),
          ),
      );
      expect(holder).toBeGreaterThanOrEqual(0);
      const endsBefore = workers[holder]?.ends.length;
      await ownLines[holder]?.cut();
      // It works on, and Temporal has given the step to the other one.
      await expect.poll(() => counter.of(name).get('again'), { timeout: 60_000, interval: 50 }).toBe(2);
      await expect
        .poll(() => workers[holder]?.output(), { timeout: 60_000 })
        .toMatch(
          new RegExp(
            `"an activity has ended".*${id}.*"step:again"|${id}.*"step:again".*"an activity has ended"`,
          ),
        );
      await ownLines[holder]?.mend();
      await untilEnded(client, id);
      const ended = await judgeRuns({ client, temporal: cluster.temporal, acts: counter }, [id]);
      expect(ended).toEqual({ byStatus: { completed: 1 }, violations: [] });
      expect(counter.of(name).get('again')).toBe(2);
      // It works as before: nothing has to be started again.
      expect(workers[holder]?.ends.length).toBe(endsBefore);
    },
  );

  test(
    'API and workers that start while Temporal is away say so, and begin when it is there',
    LONG,
    async () => {
      const { lines, api, workers, client } = cluster;
      await lines.Temporal.cut();
      for (const { child } of [api, ...workers]) child.kill('SIGKILL');
      await expect
        .poll(
          () =>
            fetch(`${cluster.url}/readyz`).then(
              (r) => r.text(),
              () => '',
            ),
          { timeout: 60_000 },
        )
        .toMatch(/Temporal does not say/);
      await lines.Temporal.mend();
      const run = stormRun(seeded(seed), `absent-${seed}`);
      const { id } = await persistently(() => client.submit(run, { idempotencyKey: `absent-${seed}` }));
      await untilEnded(client, id);
      const ended = await judgeRuns({ client, temporal: cluster.temporal, acts: cluster.counter }, [id]);
      expect(ended).toEqual({ byStatus: { completed: 1 }, violations: [] });
    },
  );
});
