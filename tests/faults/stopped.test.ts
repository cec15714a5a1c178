/**
 * Workers and APIs that are stopped (SIGSTOP), with all that they hold, and wake later: what they held has gone on
 * elsewhere by then, and they add nothing to it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workflowIdOf } from '../../contracts/messages.js';
import { createClient, type Client, type RunEvent } from '../../src/client/client.js';
import { missingBackEnds, startBackEnds, type BackEnds } from '../e2e/support/back-ends.js';
import { startCounter, type Counter } from './support/counter.js';
import { startDecider, type Decider } from './support/decider.js';
import { violations } from './support/invariants.js';
import { addressOf, isReady, keepProcess, type KeptProcess } from './support/kept-process.js';

const missing = await missingBackEnds();

describe.skipIf(missing !== null)('stopped', () => {
  let backEnds: BackEnds;
  let counter: Counter;
  let apis: KeptProcess[];
  let workers: KeptProcess[];
  let clients: Client[];
  let decider: Decider;
  let temporal: TemporalClient;

  beforeAll(async () => {
    [backEnds, counter] = [await startBackEnds(), await startCounter()];
    const env = { ...backEnds.env, COUNTER: counter.url };
    apis = [1, 2].map(() => keepProcess('api', { ...env, PORT: '0' }));
    workers = [1, 2].map(() => keepProcess('worker', env));
    clients = await Promise.all(
      apis.map(async (api) => createClient({ baseUrl: await addressOf(api), token: backEnds.token })),
    );
    await Promise.all(workers.map(isReady));
    decider = startDecider(client(), (run, step) => (counter.of(run).get(step) ?? 0) > 0);
    temporal = new TemporalClient({
      connection: await Connection.connect({ address: backEnds.temporal.address }),
    });
  }, 600_000);
  afterAll(async () => {
    decider.stop();
    await decider.done;
    await temporal.connection.close();
    for (const one of [...apis, ...workers]) await one.stop();
    await backEnds.release();
    await counter.close();
  });

  const client = (): Client => {
    const [first] = clients;
    if (first === undefined) throw new Error('no API has started');
    return first;
  };
  const acted = (run: string, step: string): number => counter.of(run).get(step) ?? 0;
  /** By the log of the workers, the one that has just begun the step. */
  const holderOf = (runId: string, stepId: string): KeptProcess | undefined =>
    workers.find((worker) =>
      worker
        .output()
        .split('\n')
        .some(
          (line) =>
            line.includes('"an activity begins"') &&
            line.includes(runId) &&
            line.includes(`"step:${stepId}"`),
        ),
    );

  test.each([
    ['before', { beforeMs: 3_000, afterMs: 100 }, 0],
    ['after', { beforeMs: 100, afterMs: 3_000 }, 1],
  ])(
    'a worker %s the side effect of an irreversible step',
    { timeout: 180_000 },
    async (when, waits, times) => {
      const name = `stopped-${when}`;
      const { id } = await client().submit({
        goal: name,
        plan: {
          steps: [
            { id: 'act', tool: 'act_once', args: { key: `${name}/act`, ...waits } },
            {
              id: 'next',
              tool: 'act_again',
              args: { key: `${name}/next`, beforeMs: 0, afterMs: 0 },
              dependsOn: ['act'],
            },
          ],
        },
      });
      let holder: KeptProcess | undefined;
      await expect
        .poll(() => (holder = holderOf(id, 'act')) !== undefined && acted(name, 'act') === times, {
          timeout: 60_000,
          interval: 20,
        })
        .toBe(true);
      // Within the tool, past its start in the log.
      await sleep(500);
      expect(acted(name, 'act')).toBe(times);
      holder?.child.kill('SIGSTOP');
      // The others go on, and a person has said what became of it.
      const end = await client().wait(id);
      expect({ status: end.status, error: end.error }).toEqual({ status: 'completed', error: null });
      holder?.child.kill('SIGCONT');
      // Longer than what it had to do still, and than its heartbeat.
      await sleep(5_000);
      await expectWhole(id, name);
      // It works as before: nothing has to be started again.
      expect(holder?.ends).toEqual([]);
    },
  );

  test('an API in the middle of a submission', { timeout: 180_000 }, async () => {
    const [first, second] = clients;
    const [api] = apis;
    if (first === undefined || second === undefined || api === undefined) throw new Error('two have started');
    const run = { goal: 'once', plan: { steps: [{ id: 'a', tool: 'echo', args: { text: 'x' } }] } };
    const idempotencyKey = 'stopped-api';
    api.child.kill('SIGSTOP');
    // Taken by the kernel for it, and read when it wakes.
    const late = first.submit(run, { idempotencyKey });
    await sleep(1_000);
    const taken = await second.submit(run, { idempotencyKey });
    expect((await second.wait(taken.id)).status).toBe('completed');
    api.child.kill('SIGCONT');
    const answered = await late;
    expect(answered.id).toBe(taken.id);
    await expectWhole(taken.id, 'none');
    const { runs } = await second.list({ limit: 200 });
    expect(runs.filter(({ goal }) => goal === 'once')).toHaveLength(1);
  });

  test('all workers, with nothing to do: whoever asks or submits is told', { timeout: 300_000 }, async () => {
    const [api] = apis;
    if (api === undefined) throw new Error('two have started');
    const url = await addressOf(api);
    const ready = async (): Promise<string> => {
      const response = await fetch(`${url}/readyz`);
      return `${response.status} ${await response.text()}`;
    };
    await expect.poll(ready, { timeout: 60_000 }).toMatch(/^200/);
    // The polls that they have open stay open, and are in their time.
    for (const { child } of workers) child.kill('SIGSTOP');
    try {
      await expect
        .poll(ready, { timeout: 120_000, interval: 1_000 })
        .toMatch(/^503.*no worker polls the task queue/);
      const response = await fetch(`${url}/v1/runs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${backEnds.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ goal: 'be taken later', plan: { steps: [{ id: 'a', tool: 'echo' }] } }),
      });
      expect(response.status).toBe(202);
      expect(response.headers.get('perdure-warning')).toBe('no_worker_polling');
      const { id } = (await response.json()) as { id: string };
      for (const { child } of workers) child.kill('SIGCONT');
      expect((await client().wait(id)).status).toBe('completed');
      await expect.poll(ready, { timeout: 60_000 }).toMatch(/^200/);
      // The end of a run is told to traces, of which there are none here: no warning of the SDK about it.
      for (const worker of workers) expect(worker.output()).not.toContain('unregistered external sink');
    } finally {
      for (const { child } of workers) child.kill('SIGCONT');
    }
  });

  async function expectWhole(id: string, name: string): Promise<void> {
    const run = await client().get(id);
    const events: RunEvent[] = [];
    for await (const event of client().events(id)) if ('seq' in event) events.push(event);
    const described = await temporal.workflow.getHandle(workflowIdOf(id)).describe();
    expect(
      violations({ run, events, workflow: described.status.name.toLowerCase(), acts: counter.of(name) }),
    ).toEqual([]);
  }
});
