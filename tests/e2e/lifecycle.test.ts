/** Starts, stops and kills of the whole system. */
import net from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import type { Plan } from '../../contracts/plan.js';
import { testTemporal } from '../../src/adapters/embedded/testing/backends.js';
import { isAlive, PerdureProcess, runCommand, temporaryDirectory } from './support/perdure-process.js';

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ directory, remove } = await temporaryDirectory());
});
afterEach(() => remove());

/** Twenty steps in a row; every other one is a durable timer. */
const plan: Plan = {
  steps: Array.from({ length: 20 }, (_, i) => ({
    id: `s${i}`,
    ...(i % 2 === 0
      ? { tool: 'file_write', args: { path: `out/${i}.txt`, content: `${i}` } }
      : { tool: 'wait', args: { seconds: 0.3 } }),
    ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
  })),
};

async function followUntil(
  perdure: PerdureProcess,
  id: string,
  last: (e: RunEvent) => boolean,
): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of perdure.client.events(id)) {
    if (!('seq' in event)) continue;
    events.push(event);
    if (last(event)) break;
  }
  return events;
}

test(
  'a run survives kill -9 of everything, twice, without repeating a completed step',
  { timeout: 600_000 },
  async () => {
    let perdure = await PerdureProcess.start(directory);
    const run = await perdure.client.submit({ goal: 'survive', plan });
    for (const step of ['s5', 's10']) {
      await followUntil(perdure, run.id, (e) => e.type === 'step.started' && e.stepId === step);
      const pids = await perdure.killTree();
      expect(pids.length).toBeGreaterThan(3);
      perdure = await PerdureProcess.start(directory);
    }
    try {
      const events = await followUntil(perdure, run.id, () => false);
      expect(events.at(-1)?.type).toBe('run.completed');
      expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i + 1));
      const completed = events.filter((e) => e.type === 'step.completed').map((e) => e.stepId);
      expect(completed).toEqual(plan.steps.map((s) => s.id));
      // A step may start again after the kill, but never after it has completed.
      for (const id of completed) {
        const types = events.filter((e) => e.stepId === id).map((e) => e.type);
        expect(types.slice(types.indexOf('step.completed') + 1)).toEqual(['supervisor.decided']);
      }
      expect((await perdure.client.files.list(run.id)).files).toHaveLength(10);
    } finally {
      expect(await perdure.stop()).toBe(0);
    }
  },
);

test('Ctrl-C drains and leaves nothing running; the next start goes on', { timeout: 600_000 }, async () => {
  let perdure = await PerdureProcess.start(directory);
  const run = await perdure.client.submit({ goal: 'go on', plan });
  await followUntil(perdure, run.id, (e) => e.stepId === 's3');
  const pids = await perdure.tree();
  expect(await perdure.stop()).toBe(0);
  for (const pid of pids) expect(await isAlive(pid)).toBe(false);
  perdure = await PerdureProcess.start(directory);
  const events = await followUntil(perdure, run.id, () => false);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(await perdure.stop('SIGTERM')).toBe(0);
});

test('servers that are killed are started again, and the run goes on', { timeout: 600_000 }, async () => {
  const perdure = await PerdureProcess.start(directory);
  const run = await perdure.client.submit({ goal: 'go on', plan });
  for (const [step, server] of [
    ['s3', 'postgres'],
    ['s7', 'temporal-'],
  ] as const) {
    await followUntil(perdure, run.id, (e) => e.type === 'step.started' && e.stepId === step);
    process.kill(await perdure.pidOf(server), 'SIGKILL');
  }
  const events = await followUntil(perdure, run.id, () => false);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.filter((e) => e.type === 'step.completed')).toHaveLength(plan.steps.length);
  expect(perdure.output()).toContain('perdure: Postgres ended by itself (signal SIGKILL)');
  expect(perdure.output()).toContain('perdure: Temporal ended by itself (signal SIGKILL)');
  expect(await perdure.stop()).toBe(0);
});

test('the demo brings its own perdure where none runs, and ends it', { timeout: 600_000 }, async () => {
  const { code, output } = await runCommand('demo', { PERDURE_DATA_DIR: directory });
  expect(code, output).toBe(0);
  expect(output).toContain('Over 1461 days it rained on 42.6% of them.');
  // Its run is there when perdure comes back.
  const perdure = await PerdureProcess.start(directory);
  const [run] = (await perdure.client.list()).runs;
  expect(run).toMatchObject({ status: 'completed', metadata: { example: 'seattle-weather' } });
  const chart = await perdure.client.files.get(run?.id ?? '', 'chart.svg');
  expect(await chart.text()).toMatch(/^<svg/);
  expect(await perdure.stop()).toBe(0);
});

test('a Temporal that runs elsewhere is used, and not stopped', { timeout: 600_000 }, async () => {
  const temporal = await testTemporal();
  try {
    const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_UI_URL: `${temporal.uiUrl}/` };
    const perdure = await PerdureProcess.start(directory, env);
    const run = await perdure.client.submit({
      goal: 'elsewhere',
      plan: { steps: [{ id: 'a', tool: 'echo', args: {} }] },
    });
    expect(run.links.temporal).toBe(`${temporal.uiUrl}/namespaces/default/workflows/run-${run.id}`);
    expect((await followUntil(perdure, run.id, () => false)).at(-1)?.type).toBe('run.completed');
    expect(await perdure.stop()).toBe(0);
    expect(await isAlive(temporal.pid)).toBe(true);
  } finally {
    await temporal.release();
  }
});

test('a start that cannot be says why in one sentence', { timeout: 120_000 }, async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const port = String((taken.address() as net.AddressInfo).port);
  const say = async (env: Record<string, string>, expected = 1): Promise<string> => {
    const { code, output } = await runCommand('start', { PERDURE_DATA_DIR: directory, ...env });
    expect(code, output).toBe(expected);
    expect(output).not.toMatch(/\n\s+at /);
    return output;
  };
  try {
    expect(await say({ PORT: port })).toContain(`port ${port} is taken; set PORT to a free one`);
    expect(await say({ TEMPORAL_PORT: port })).toContain('set TEMPORAL_PORT to a free one');
    expect(await say({ PORT: 'eighty' }, 2)).toContain('PORT must be a port number, but is "eighty"');
    expect(await say({ TEMPORAL_ADDRESS: `127.0.0.1:${port === '9' ? '8' : '9'}` })).toContain(
      'TEMPORAL_ADDRESS',
    );
    expect(await say({ PERDURE_DATA_DIR: '/dev/null' })).toContain('/dev/null');
  } finally {
    taken.close();
  }
});
