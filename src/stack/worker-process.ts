/** What worker processes have in common, whatever they do: how they are called, and their times. */
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import type { Config } from '../config/env.js';
import { StartupError } from '../adapters/embedded/startup-error.js';
import { logPolls } from '../worker/poll-log.js';
import { startPulse, type PulseOptions } from '../worker/pulse.js';
import type { RunningWorker } from '../worker/run-worker.js';
import type { Releasers } from './releasers.js';
import { sdkMetrics } from './sdk-runtime.js';

/**
 * By process and host for people; with a piece that is new at each start, for containers all have process 1.
 * @param family common to workers of which at most one can be alive
 */
export const newWorkerIdentity = (family = ''): string =>
  `${process.pid}@${os.hostname()}#${family}${randomBytes(4).toString('hex')}`;

/** Milliseconds that activities get to end by themselves, and then, told to stop, until they are left. */
export const GRACE_MS = 10_000;
export const FORCE_MS = 20_000;

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
