/** A storm of runs while workers are killed and every back end is restarted once; at its end the invariants. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import pLimit from 'p-limit';
import { workflowIdOf } from '../../../contracts/messages.js';
import { createClient } from '../../../src/client/client.js';
import { startBackEnds } from '../../e2e/support/back-ends.js';
import { startCounter } from './counter.js';
import { startDecider } from './decider.js';
import { judgeRuns, persistently, untilEnded } from './ended-runs.js';
import { lostTasks } from './lost-tasks.js';
import { seeded } from './random.js';
import { startRestartableTemporal } from './restartable-temporal.js';
import { stormRun } from './storm-plan.js';
import { WorkerWatch } from './worker-watch.js';

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
  /** Outcomes that a person was asked about. */
  decided: number;
  /** Seconds from a kill until Temporal had what the worker held in its queue again. */
  recovery: Spread;
  /** What took the longest to be noticed. */
  slowest: string | undefined;
  /** Seconds from then until a worker had a place for it: how much there was to do, and not how soon it was noticed. */
  queueing: Spread;
  /** Seconds from a kill until Temporal gave up a workflow task that the worker held. */
  workflowTasks: Spread;
  /** Tries of activities that were handed to a worker which was just dying. */
  swallowed: number;
  /** Sentences; none in a storm that was weathered. */
  violations: string[];
}

/** Of times in seconds. */
interface Spread {
  count: number;
  median: number;
  p95: number;
  worst: number;
}

/** Each lives for four kills, and is at work for what is left of that after its start. */
const WORKERS = 4;
/** Runs open at once: enough that every kill meets some, and few enough that waiting for a place is not all they do. */
const AT_ONCE = 32;

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
  const watch = new WorkerWatch();
  const startWorker = (): ReturnType<typeof start> => {
    const worker = start('worker', {});
    watch.follow(worker);
    return worker;
  };
  const workers = Array.from({ length: WORKERS }, startWorker);
  let kills = 0;
  const restarts: string[] = [];
  const calm = new AbortController();
  const weather: Promise<void>[] = [];
  const stops: (() => void)[] = [];
  try {
    const client = createClient({ baseUrl: await addressOf(api), token: backEnds.token });
    const deadline = Date.now() + options.minutes * 60_000;
    const submitted: string[] = [];

    weather.push(
      every((options.killEverySeconds ?? 3) * 1_000, calm.signal, () => {
        const i = Math.floor(random() * WORKERS);
        kills += 1;
        const worker = workers[i];
        if (worker !== undefined) watch.kill(worker);
        workers[i] = startWorker();
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
    const decider = startDecider(client, (run, step) => (acts.of(run).get(step) ?? 0) > 0);
    weather.push(decider.done);
    stops.push(() => {
      decider.stop();
    });
    let isOver = false;
    const progress = (): number => (isOver ? 1 : submitted.length / options.runs);
    const outagesOver = [
      (async () => {
        for (const [i, outage] of outages.entries()) {
          // Spread over the submissions, with work under way before and after each.
          const at = (i + 1) / (outages.length + 1);
          while (progress() < at && !calm.signal.aborted) await sleep(200);
          await outage();
        }
      })(),
    ];
    weather.push(...outagesOver);

    const limit = pLimit(AT_ONCE);
    await Promise.all(
      Array.from({ length: options.runs }, (_, i) => stormRun(random, `${seed}-${i}`)).map((run, i) =>
        limit(async () => {
          if (Date.now() > deadline) return;
          const { id } = await persistently(() =>
            client.submit(run, { idempotencyKey: `storm-${seed}-${i}` }),
          );
          submitted.push(id);
          if (submitted.length % 50 === 0) onLine(`${submitted.length} runs are submitted`);
          await untilEnded(client, id);
        }),
      ),
    );
    isOver = true;
    await Promise.all(outagesOver);
    calm.abort();
    decider.stop();
    await Promise.all(weather);

    const connection = await Connection.connect({ address: temporalServer.address });
    const temporal = new TemporalClient({ connection });
    const tasks: number[] = [];
    for (const id of submitted)
      tasks.push(...(await lostTasks(temporal, workflowIdOf(id), (pid) => watch.killedAt(pid))));
    const ended = await judgeRuns({ client, temporal, acts }, submitted);
    await connection.close();
    const { found, swallowed } = watch.recoveries();
    return {
      seed,
      seconds: Math.round((Date.now() - began) / 1_000),
      runs: submitted.length,
      byStatus: ended.byStatus,
      kills,
      restarts,
      decided: decider.decided(),
      recovery: spreadOf(found.map(({ noticedMs }) => noticedMs)),
      slowest: found.toSorted((a, b) => b.noticedMs - a.noticedMs)[0]?.what,
      queueing: spreadOf(found.map(({ queuedMs }) => queuedMs)),
      workflowTasks: spreadOf(tasks),
      swallowed,
      violations: ended.violations,
    };
  } finally {
    calm.abort();
    for (const stop of stops) stop();
    await Promise.allSettled(weather);
    for (const child of [api, ...workers]) child.kill('SIGKILL');
    await backEnds.release();
    await acts.close();
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

function spreadOf(times: number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Number(
      ((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1_000).toFixed(1),
    );
  return { count: sorted.length, median: at(0.5), p95: at(0.95), worst: at(1) };
}
