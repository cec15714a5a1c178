/**
 * Large runs whose workers are killed meanwhile: outputs of 10 MB, and as many steps as a plan may have. By `npm run
 * faults` only: it takes minutes. 2,000 steps without kills are in tests/e2e/runs.suite.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, type Client, type SubmitRun } from '../../src/client/client.js';
import { missingBackEnds, startBackEnds, type BackEnds } from '../e2e/support/back-ends.js';
import { startCounter, type Counter } from './support/counter.js';
import { judgeRuns, untilEnded } from './support/ended-runs.js';
import { addressOf, isReady, isUp, keepProcess, type KeptProcess } from './support/kept-process.js';

const missing = await missingBackEnds();
const isLong = process.env.PERDURE_FAULT_MINUTES !== undefined;
const STEPS = 10_000;
const OUTPUT_BYTES = 10_000_000;
/** Milliseconds from one kill to the next. */
const KILL_MS = 8_000;
/** So many at most: on a busy machine a worker may take as long to begin as it is let live. */
const KILLS = 10;
/** Fewer where each may lose the same step, which is given up after three. */
const KILLS_OF_A_STEP = 2;

describe.skipIf(missing !== null || !isLong)('large runs', () => {
  let backEnds: BackEnds;
  let counter: Counter;
  let api: KeptProcess;
  let workers: KeptProcess[];
  let client: Client;
  let temporal: TemporalClient;

  beforeAll(async () => {
    [backEnds, counter] = [await startBackEnds(), await startCounter()];
    const env = { ...backEnds.env, COUNTER: counter.url };
    api = keepProcess('api', { ...env, PORT: '0' });
    workers = [1, 2].map(() => keepProcess('worker', env));
    client = createClient({ baseUrl: await addressOf(api), token: backEnds.token });
    temporal = new TemporalClient({
      connection: await Connection.connect({ address: backEnds.temporal.address }),
    });
    await Promise.all(workers.map(isReady));
  }, 600_000);
  afterAll(async () => {
    for (const one of [api, ...workers]) await one.stop();
    await temporal.connection.close();
    await backEnds.release();
    await counter.close();
  });

  /** @returns how many workers were killed before it had ended, each in its turn */
  const endsUnderKills = async (run: SubmitRun, most = KILLS): Promise<{ id: string; kills: number }> => {
    const { id } = await client.submit(run);
    const ended = new AbortController();
    const kills = (async () => {
      for (let n = 0; ; n += 1) {
        await sleep(KILL_MS, undefined, { signal: ended.signal }).catch(() => undefined);
        if (ended.signal.aborted || n === most) return n;
        // Of workers that are killed before they have begun nothing could be seen.
        while (!workers.every(isUp)) await sleep(100);
        workers[n % workers.length]?.child.kill('SIGKILL');
      }
    })();
    await untilEnded(client, id);
    ended.abort();
    return { id, kills: await kills };
  };
  const expectWhole = async (id: string): Promise<void> => {
    const ended = await judgeRuns({ client, temporal, acts: counter }, [id]);
    const { error } = await client.get(id);
    expect({ ...ended, error }).toEqual({ byStatus: { completed: 1 }, violations: [], error: null });
  };

  test(`${STEPS} steps`, { timeout: 900_000 }, async () => {
    const steps = Array.from({ length: STEPS }, (_, i) => ({
      id: `s${i}`,
      tool: 'echo',
      args: { i },
      ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
    }));
    const { id, kills } = await endsUnderKills({ goal: 'many steps', plan: { steps } });
    expect(kills).toBeGreaterThan(0);
    await expectWhole(id);
  });

  test('outputs of 10 MB, which later steps take', { timeout: 300_000 }, async () => {
    const both = ['a', 'b'];
    const { id, kills } = await endsUnderKills(
      {
        goal: 'large outputs',
        metadata: { storm: 'large' },
        plan: {
          steps: [
            ...both.map((name) => ({ id: name, tool: 'put_out', args: { bytes: OUTPUT_BYTES } })),
            // A kill's worth of time, with both outputs put away.
            {
              id: 'wait',
              tool: 'act_again',
              args: { key: 'large/wait', beforeMs: 0, afterMs: KILL_MS },
              dependsOn: both,
            },
            {
              id: 'take',
              tool: 'echo',
              args: Object.fromEntries(both.map((name) => [name, `{{steps.${name}.output.text}}`])),
              dependsOn: ['wait'],
            },
          ],
        },
      },
      KILLS_OF_A_STEP,
    );
    expect(kills).toBeGreaterThan(0);
    await expectWhole(id);
    const outputs: (number | string)[] = [];
    for await (const event of client.events(id))
      if (event.type === 'step.completed' && ['a', 'take'].includes(event.stepId ?? ''))
        outputs.push('ref' in event.output ? event.output.bytes : 'in the event itself');
    expect(outputs).toEqual([expect.closeTo(OUTPUT_BYTES, -2), expect.closeTo(2 * OUTPUT_BYTES, -2)]);
  });
});
