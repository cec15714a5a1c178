/**
 * A backup that is taken in the middle of running work, as a snapshot of a volume is, and restored elsewhere: every run
 * ends, or is named with the reason. The second time its two databases are of different moments.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import type { SubmitRun } from '../../contracts/runs.js';
import type { Client } from '../../src/client/client.js';
import { startCountingServer, type CountingServer } from './support/counting-server.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

let place: { directory: string; remove: () => Promise<void> };
let counting: CountingServer;
let env: Record<string, string>;
let perdure: PerdureProcess;
/** Begun before the first backup, and after it. */
let early: string[];
let late: string[];
const at = (name: string): string => path.join(place.directory, name);

beforeAll(async () => {
  place = await temporaryDirectory();
  counting = await startCountingServer();
  env = { PERDURE_HTTP_ALLOW: counting.host };
  perdure = await PerdureProcess.start(at('original'), env);
  early = await submit('early');
  await sleep(2_500);
  await snapshot('first');
  late = await submit('late');
  await sleep(1_500);
  await snapshot('second');
  // The backups are what is left.
  await perdure.killTree();
}, 600_000);
afterAll(async () => {
  await perdure.killTree().catch(() => undefined);
  await counting.close();
  await place.remove();
});

async function submit(name: string): Promise<string[]> {
  const steps = (i: number): NonNullable<SubmitRun['plan']>['steps'] =>
    Array.from({ length: 4 }, (_, n) => [
      {
        id: `get${n}`,
        tool: 'http_fetch',
        args: { url: `http://${counting.host}/${name}/${i}/${n}` },
        ...(n === 0 ? {} : { dependsOn: [`pause${n - 1}`] }),
      },
      { id: `pause${n}`, tool: 'wait', args: { seconds: 1 }, dependsOn: [`get${n}`] },
    ]).flat();
  const runs = await Promise.all(
    Array.from({ length: 8 }, (_, i) => perdure.client.submit({ goal: name, plan: { steps: steps(i) } })),
  );
  return runs.map(({ id }) => id);
}

/** With owners and rights, which Postgres insists on. */
const copy = async (from: string, to: string): Promise<void> => {
  await promisify(execFile)('cp', ['-a', at(from), at(to)]);
};

/** Nothing moves while it is copied, and nobody is told. */
async function snapshot(name: string): Promise<void> {
  const pids = (await perdure.tree()).reverse();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await copy('original', name);
  } finally {
    for (const pid of pids.reverse()) process.kill(pid, 'SIGCONT');
  }
}

const follow = async (client: Client, id: string): Promise<RunEvent[]> => {
  const events: RunEvent[] = [];
  for await (const event of client.events(id)) if ('seq' in event) events.push(event);
  return events;
};

async function expectWhole(client: Client, ids: string[]): Promise<void> {
  for (const events of await Promise.all(ids.map((id) => follow(client, id)))) {
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.at(-1)?.type).toBe('run.completed');
    expect(events.filter(({ type }) => type === 'step.completed')).toHaveLength(8);
  }
}

test('of one moment: every run goes on where it was', { timeout: 300_000 }, async () => {
  await copy('first', 'restored');
  perdure = await PerdureProcess.start(at('restored'), env);
  expect((await perdure.client.list({ limit: 100 })).runs).toHaveLength(8);
  await expectWhole(perdure.client, early);
  expect(await perdure.stop()).toBe(0);
});

test(
  'Temporal older than the records: what it knows ends, and the rest is named',
  { timeout: 300_000 },
  async () => {
    for (const suffix of ['', '-wal', '-shm'])
      await copy(`first/temporal.db${suffix}`, `second/temporal.db${suffix}`);
    perdure = await PerdureProcess.start(at('second'), env);
    const { client } = perdure;
    expect((await client.list({ limit: 100 })).runs).toHaveLength(16);
    await expectWhole(client, early);
    for (const id of late)
      expect(await client.why(id)).toMatchObject({ state: 'stuck', cause: 'workflow_gone' });
    expect(await perdure.stop()).toBe(0);
  },
);
