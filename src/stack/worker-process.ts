/** What worker processes have in common, whatever they do: how they are called, and their times. */
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { logPolls } from '../worker/poll-log.js';
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
export const PULSE_MS = 30_000;
/** The same of its polls, for whoever asks for so much. */
const POLLS_MS = 1_000;

/** @returns what ends it */
export const tellPolls = ({ logLevel }: Config, logger: Logger): (() => void) =>
  logLevel === 'debug' ? logPolls({ read: sdkMetrics, logger, everyMs: POLLS_MS }) : () => undefined;
