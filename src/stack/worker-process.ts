/** What worker processes have in common, whatever they do: how they are called, their start, and their times. */
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import type { Config } from '../config/env.js';
import { StartupError } from '../adapters/embedded/startup-error.js';
import type { OpenedTracer } from '../adapters/opentelemetry/open-tracer.js';
import { createMetrics, measureProcess } from '../adapters/prometheus/metrics.js';
import type { Logger } from '../ports/logger.js';
import type { RunMeter } from '../ports/meters.js';
import type { Tracer } from '../ports/tracer.js';
import { logPolls } from '../worker/poll-log.js';
import { startPulse, type PulseOptions } from '../worker/pulse.js';
import type { RunningWorker } from '../worker/run-worker.js';
import type { Running } from './lifecycle.js';
import { Releasers } from './releasers.js';
import { sdkMetrics } from './sdk-runtime.js';
import { verify, type Check, type CheckLine } from './verify.js';
import { openProbes } from './worker-probes.js';

/**
 * By process and host for people; with a piece that is new at each start, for containers all have process 1.
 * @param family common to workers of which at most one can be alive
 */
export const newWorkerIdentity = (family = ''): string =>
  `${process.pid}@${os.hostname()}#${family}${randomBytes(4).toString('hex')}`;

/** Milliseconds that activities get to end by themselves, and then, told to stop, until they are left. */
export const graceTimes = { graceMs: 10_000, forceMs: 20_000 } as const;

/** Milliseconds between two words in the log about what the worker does. */
const PULSE_MS = 30_000;
/** The same of its polls, for whoever asks for so much. */
const POLLS_MS = 1_000;

/**
 * Has the worker's doings told in the log from now on, and resolves when it polls.
 * @throws StartupError when it gives up before
 */
export async function untilPolling(
  { logLevel }: Config,
  pulse: Omit<PulseOptions, 'worker' | 'everyMs'> & { worker: RunningWorker },
  releasers: Releasers,
): Promise<void> {
  const { worker, logger } = pulse;
  releasers.push('the worker', () => worker.stop());
  const gaveUp = worker.lost.then((sentence) => {
    throw new StartupError(`${sentence}.`);
  });
  gaveUp.catch(() => undefined);
  const stops = [startPulse({ ...pulse, everyMs: PULSE_MS })];
  if (logLevel === 'debug') stops.push(logPolls({ read: sdkMetrics, logger, everyMs: POLLS_MS }));
  releasers.push('the pulse', () => {
    for (const stop of stops) stop();
    return Promise.resolve();
  });
  await Promise.race([worker.polling, gaveUp]);
}

/** What a kind of worker is opened with. */
export interface WorkerOpening {
  identity: string;
  logger: Logger;
  meter: RunMeter;
  /** Null where nothing is traced. */
  tracer: Tracer | null;
  /** Whoever opens something says here how it is closed. */
  releasers: Releasers;
}

/** A kind of worker, opened. */
export interface OpenedWorker {
  taskQueue: string;
  checks: readonly Check[];
  /** Whether Temporal sees this process poll. */
  isPolling: () => Promise<boolean>;
  /** Starts the work, once all checks have passed; resolves when it polls. */
  work: () => Promise<Pick<Running, 'lost'>>;
}

export interface WorkerProcess {
  config: Config;
  logger: Logger;
  signal: AbortSignal;
  traces: OpenedTracer | null;
  /** What it is called in the log. */
  title: string;
  /** @see newWorkerIdentity */
  family?: string;
}

/**
 * A worker process answers probes at once, polls when what it stands on works, and drains when asked.
 * @throws StartupError or ConfigError; whatever was opened is closed again
 */
export async function startWorkerProcess(
  { config, logger, signal, traces, title, family }: WorkerProcess,
  open: (opening: WorkerOpening) => Promise<OpenedWorker>,
): Promise<Running> {
  const releasers = new Releasers();
  // Last of all: what the others do at their end is traced, too.
  releasers.push('the traces', async () => traces?.close());
  const identity = newWorkerIdentity(family);
  const metrics = createMetrics(sdkMetrics);
  const meter = metrics.runs();
  let lines: readonly CheckLine[] = [];
  let done = false;
  let draining = false;
  try {
    const opened = await open({ identity, logger, meter, tracer: traces?.tracer ?? null, releasers });
    measureProcess(metrics);
    await openProbes(
      {
        ...{ config, logger, metrics, meter },
        start: () => ({ done, parts: lines }),
        isPolling: opened.isPolling,
        draining: () => draining,
      },
      releasers,
    );
    await verify({
      checks: opened.checks,
      logger,
      seconds: config.startSeconds,
      signal,
      onLines: (now) => {
        lines = now;
      },
    });
    const { lost } = await opened.work();
    done = true;
    logger.info({ identity, taskQueue: opened.taskQueue }, `${title} has started`);
    return {
      lost,
      release: () => {
        draining = true;
        return releasers.release(logger);
      },
    };
  } catch (error) {
    await releasers.release(logger);
    throw error;
  }
}
