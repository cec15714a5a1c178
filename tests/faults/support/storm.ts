/** A storm of runs while workers are killed and every back end is restarted once; at its end the invariants. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import pLimit from 'p-limit';
import { workflowIdOf } from '../../../contracts/messages.js';
import {
  createClient,
  isTerminal,
  type Client,
  type Run,
  type RunEvent,
} from '../../../src/client/client.js';
import { startBackEnds } from '../../e2e/support/back-ends.js';
import { recoveries, violations } from './invariants.js';
import { seeded } from './random.js';
import { startRestartableTemporal } from './restartable-temporal.js';
import { stormRun } from './storm-plan.js';

export interface StormOptions {
  seed: number;
  /** Runs are submitted until there are so many, or the time is over. */
  runs: number;
  minutes: number;
  killEverySeconds?: number;
  /** Told what happens. */
  onLine?: (line: string) => void;
}

export interface StormReport {
  seed: number;
  seconds: number;
  runs: number;
  byStatus: Record<string, number>;
  kills: number;
  restarts: string[];
  /** Seconds from a kill to the next attempt of what it cut off. */
  recovery: { count: number; median: number; p95: number; worst: number };
  /** Sentences; none in a storm that was weathered. */
  violations: string[];
}

const WORKERS = 2;
const AT_ONCE = 8;
/** Milliseconds that all runs get to end once nothing more is submitted. */
const CALM_MS = 600_000;

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const { seed, onLine = () => undefined } = options;
  const random = seeded(seed);
  const began = Date.now();
  const acts = await startCounter();
  const temporalServer = await startRestartableTemporal();
  const backEnds = await startBackEnds(Promise.resolve(temporalServer));
  const env = { ...process.env, NO_COLOR: '1', ...backEnds.env, COUNTER: acts.url };
  const start = (kind: 'api' | 'worker', more: Record<string, string>) =>
    spawn(process.execPath, [path.join(import.meta.dirname, 'fault-process.mjs'), kind], {
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const api = start('api', { PORT: '0' });
  const workers = Array.from({ length: WORKERS }, () => start('worker', {}));
  for (const worker of workers) worker.stdout.resume();
  const kills: number[] = [];
  const restarts: string[] = [];
  const calm = new AbortController();
  const weather: Promise<void>[] = [];
  try {
    const client = createClient({ baseUrl: await addressOf(api), token: backEnds.token });
    const deadline = Date.now() + options.minutes * 60_000;
    const submitted: Run[] = [];

    weather.push(
      every((options.killEverySeconds ?? 3) * 1_000, calm.signal, () => {
        const i = Math.floor(random() * WORKERS);
        kills.push(Date.now());
        workers[i]?.kill('SIGKILL');
        const next = start('worker', {});
        next.stdout.resume();
        workers[i] = next;
      }),
    );
    const restart = async (name: string, server: { stop(): Promise<void>; start(): Promise<void> }) => {
      onLine(`${name} goes away`);
      await server.stop();
      await sleep(2_000);
      await server.start();
      restarts.push(name);
      onLine(`${name} is back`);
    };
    const outages = [
      () => restart('Redis', backEnds.redis),
      () => restart('S3', backEnds.s3),
      () => restart('Supabase', backEnds.supabase),
      () => restart('Temporal', temporalServer),
    ];
    const progress = (): number => submitted.length / options.runs;
    weather.push(
      (async () => {
        for (const [i, outage] of outages.entries()) {
          // Spread over the submissions, with work under way before and after each.
          const at = (i + 1) / (outages.length + 1);
          while (progress() < at && !calm.signal.aborted) await sleep(200);
          await outage();
        }
      })(),
    );

    const limit = pLimit(AT_ONCE);
    await Promise.all(
      Array.from({ length: options.runs }, (_, i) => stormRun(random, `${seed}-${i}`)).map((run, i) =>
        limit(async () => {
          if (Date.now() > deadline) return;
          submitted.push(
            await persistently(() => client.submit(run, { idempotencyKey: `storm-${seed}-${i}` })),
          );
        }),
      ),
    );
    onLine(`${submitted.length} runs are submitted`);
    await untilEnded(client, onLine);
    await weather[1];
    calm.abort();
    await Promise.all(weather);

    const connection = await Connection.connect({ address: temporalServer.address });
    const temporal = new TemporalClient({ connection });
    const broken: string[] = [];
    const recovered: number[] = [];
    const byStatus: Record<string, number> = {};
    for (const { id } of submitted) {
      const run = await persistently(() => client.get(id));
      byStatus[run.status] = (byStatus[run.status] ?? 0) + 1;
      if (!isTerminal(run.status)) {
        const { sentence } = await client.why(id);
        broken.push(`${id}: ${run.status} after ${CALM_MS / 1_000} s of calm: ${sentence}`);
        continue;
      }
      const events: RunEvent[] = [];
      for await (const event of client.events(id)) if ('seq' in event) events.push(event);
      const described = await temporal.workflow.getHandle(workflowIdOf(id)).describe();
      const name = run.metadata.storm ?? '';
      broken.push(
        ...violations({
          run,
          events,
          workflow: described.status.name.toLowerCase(),
          acts: acts.of(name),
        }),
      );
      recovered.push(...recoveries(events, kills));
    }
    await connection.close();
    return {
      seed,
      seconds: Math.round((Date.now() - began) / 1_000),
      runs: submitted.length,
      byStatus,
      kills: kills.length,
      restarts,
      recovery: summary(recovered),
      violations: broken,
    };
  } finally {
    calm.abort();
    await Promise.allSettled(weather);
    for (const child of [api, ...workers]) child.kill('SIGKILL');
    await backEnds.release();
    await acts.close();
  }
}

/** Repeats what fails while a back end is away. */
async function persistently<Value>(act: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1)
    try {
      return await act();
    } catch (error) {
      if (tries >= 60) throw error;
      await sleep(1_000);
    }
}

async function untilEnded(client: Client, onLine: (line: string) => void): Promise<void> {
  for (const deadline = Date.now() + CALM_MS; Date.now() < deadline;) {
    await sleep(1_000);
    let open = 0;
    for (const status of ['queued', 'running', 'waiting'] as const)
      open += (await persistently(() => client.list({ status, limit: 200 }))).runs.length;
    onLine(`${open} runs are open`);
    if (open === 0) return;
  }
}

async function every(ms: number, signal: AbortSignal, act: () => void): Promise<void> {
  const isOn = (): boolean => !signal.aborted;
  while (isOn()) {
    try {
      await sleep(ms, undefined, { signal });
    } catch {
      return;
    }
    if (isOn()) act();
  }
}

async function addressOf(api: ReturnType<typeof spawn>): Promise<string> {
  let output = '';
  api.stdout?.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-20_000);
  });
  for (;;) {
    const url = /the API listens at (http:[^"\s]+)/.exec(output)?.[1];
    if (url !== undefined) return url;
    if (api.exitCode !== null) throw new Error(`the API did not start: ${output}`);
    await sleep(50);
  }
}

/** Counts acts by run and step. */
async function startCounter() {
  const counts = new Map<string, Map<string, number>>();
  const server = http.createServer((req, res) => {
    const [, run = '', step = ''] = (req.url ?? '').split('/');
    const ofRun = counts.get(run) ?? new Map<string, number>();
    counts.set(run, ofRun.set(step, (ofRun.get(step) ?? 0) + 1));
    res.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    of: (run: string): ReadonlyMap<string, number> => counts.get(run) ?? new Map<string, number>(),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function summary(times: number[]): StormReport['recovery'] {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Number(
      ((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1_000).toFixed(1),
    );
  return { count: sorted.length, median: at(0.5), p95: at(0.95), worst: at(1) };
}
