/**
 * How long from `kill -9` of a worker until the step that it held runs again? Embedded, where everything is killed
 * and started again; and with two workers, where the other one takes over. The step asks a server for something and
 * is kept waiting: the server sees when it asks again.
 */
import { startApiProcess, startWorkerProcess, endProcess } from '../tests/e2e/support/fleet.js';
import { startBackEnds } from '../tests/e2e/support/back-ends.js';
import { PerdureProcess, temporaryDirectory } from '../tests/e2e/support/perdure-process.js';
import { createClient, type Client } from '../src/client/client.js';
import { startHoldingServer, type HoldingServer } from '../tests/faults/support/holding-server.js';

export interface RecoveryOptions {
  tries?: number;
  modes?: readonly ('embedded' | 'two workers')[];
}

interface Row {
  mode: string;
  tries: number;
  medianSeconds: number;
  worstSeconds: number;
  seconds: number[];
}

export async function run({
  tries = 10,
  modes = ['embedded', 'two workers'],
}: RecoveryOptions = {}): Promise<{
  rows: Row[];
}> {
  const rows: Row[] = [];
  for (const mode of modes)
    if (mode === 'embedded') rows.push(...(await embedded(tries)));
    else rows.push(await twoWorkers(tries));
  return { rows };
}

/** Kill and start again: from the kill, and from when the start says that it is ready. */
async function embedded(tries: number): Promise<Row[]> {
  const [held, place] = [await startHoldingServer(), await temporaryDirectory()];
  const env = { PERDURE_HTTP_ALLOW: held.host };
  const fromKill: number[] = [];
  const fromReady: number[] = [];
  let stack = await PerdureProcess.start(place.directory, env);
  try {
    for (let i = 0; i < tries; i += 1) {
      const path = await holdStep(stack.client, held, `/embedded/${i}`);
      const killedAt = Date.now();
      await stack.killTree();
      stack = await PerdureProcess.start(place.directory, env);
      const readyAt = Date.now();
      const againAt = await held.nthRequest(path, 2);
      fromKill.push(againAt - killedAt);
      fromReady.push(Math.max(0, againAt - readyAt));
      held.letGo(path);
    }
  } finally {
    await stack.stop();
    await held.close();
    await place.remove();
  }
  return [rowOf('embedded, from the kill', fromKill), rowOf('embedded, from ready again', fromReady)];
}

async function twoWorkers(tries: number): Promise<Row> {
  const [held, backEnds] = [await startHoldingServer(), await startBackEnds()];
  const env = { ...backEnds.env, PERDURE_HTTP_ALLOW: held.host };
  const api = await startApiProcess({ ...env, PORT: '0' });
  const client = createClient({ baseUrl: `http://127.0.0.1:${api.port}`, token: backEnds.token });
  const times: number[] = [];
  try {
    for (let i = 0; i < tries; i += 1) {
      const holder = await startWorkerProcess(env);
      const path = await holdStep(client, held, `/two/${i}`);
      const other = await startWorkerProcess(env);
      const killedAt = Date.now();
      holder.child.kill('SIGKILL');
      times.push((await held.nthRequest(path, 2)) - killedAt);
      held.letGo(path);
      await endProcess(other, 'SIGTERM');
    }
  } finally {
    await endProcess(api, 'SIGTERM');
    await backEnds.release();
    await held.close();
  }
  return rowOf('two workers, from the kill', times);
}

/** @returns the path, once a step waits for it */
async function holdStep(client: Client, held: HoldingServer, path: string): Promise<string> {
  await client.submit({
    goal: 'be held',
    plan: { steps: [{ id: 'held', tool: 'http_fetch', args: { url: held.url(path) } }] },
  });
  await held.nthRequest(path, 1);
  return path;
}

function rowOf(mode: string, times: number[]): Row {
  const seconds = times.map((ms) => Number((ms / 1_000).toFixed(1))).sort((a, b) => a - b);
  return {
    mode,
    tries: times.length,
    medianSeconds: seconds[Math.floor(seconds.length / 2)] ?? NaN,
    worstSeconds: seconds.at(-1) ?? NaN,
    seconds,
  };
}
