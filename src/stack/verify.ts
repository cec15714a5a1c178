/** Back ends are verified at a start by using them: a table of lines, again and again while one is away. */
import { setTimeout as delay } from 'node:timers/promises';
import { DeadlineError, withDeadline } from '../../contracts/deadline.js';
import { PerdureError } from '../../contracts/errors.js';
import { StartupError } from '../adapters/embedded/startup-error.js';
import type { Logger } from '../ports/logger.js';

/** One thing that the process stands on. */
export interface Check {
  name: string;
  /** What and where it is, without secrets. */
  what: string;
  /** False where the process does its work without it, if worse. */
  required: boolean;
  /** Resolves once it has done what it is for. */
  use: () => Promise<void>;
  /** Whether waiting can help against an error; unless told, what the error table marks as retryable. */
  passes?: (error: unknown) => boolean;
}

export interface CheckLine {
  name: string;
  state: 'ok' | 'failing' | 'degraded';
  detail: string;
  ms: number;
}

export interface VerifyOptions {
  checks: readonly Check[];
  logger: Logger;
  /** How long back ends may be away before the start is given up. */
  seconds: number;
  signal?: AbortSignal;
  /** Told of every table. */
  onLines?: (lines: readonly CheckLine[]) => void;
}

/** Milliseconds one check may take. */
const CHECK_MS = 15_000;
const LONGEST_PAUSE_MS = 10_000;

interface Outcome extends CheckLine {
  required: boolean;
  passes: boolean;
  error: unknown;
}

/**
 * Resolves once all that is required has worked.
 * @throws StartupError at once where waiting changes nothing (exit code 2), or when the time is over (exit code 1)
 */
export async function verify({ checks, logger, seconds, signal, onLines }: VerifyOptions): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  for (let round = 0; ; round++) {
    const outcomes = await Promise.all(checks.map((check) => lineOf(check)));
    signal?.throwIfAborted();
    onLines?.(outcomes);
    for (const { error, required, passes: _, ...line } of outcomes) {
      const message = `${line.name.padEnd(10)} ${line.state.padEnd(8)} ${line.detail}`;
      if (line.state === 'ok') logger.info(line, message);
      else logger[required ? 'error' : 'warn']({ ...line, err: error }, message);
    }
    const wrong = outcomes.find(({ state, passes }) => state !== 'ok' && !passes);
    if (wrong !== undefined)
      throw new StartupError(`${wrong.name} cannot be used: ${sentence(wrong.detail)}`, {
        cause: wrong.error,
        exitCode: 2,
      });
    const away = outcomes.find(({ state }) => state === 'failing');
    if (away === undefined) return;
    const pause = Math.min(500 * 2 ** round, LONGEST_PAUSE_MS, deadline - Date.now());
    if (pause <= 0)
      throw new StartupError(`${away.name} was away for ${seconds} seconds: ${sentence(away.detail)}`, {
        cause: away.error,
      });
    logger.warn({ retryInMs: pause }, `waiting for ${away.name}; not ready until it answers`);
    await delay(pause, undefined, signal === undefined ? {} : { signal });
  }
}

async function lineOf({ name, what, required, use, passes = isRetryable }: Check): Promise<Outcome> {
  const began = Date.now();
  const ms = (): number => Date.now() - began;
  try {
    await withDeadline(use(), CHECK_MS, `${CHECK_MS / 1_000} seconds`);
    return { name, required, state: 'ok', detail: what, ms: ms(), passes: true, error: undefined };
  } catch (error) {
    const detail = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    return {
      name,
      required,
      state: required ? 'failing' : 'degraded',
      detail,
      ms: ms(),
      passes: error instanceof DeadlineError || passes(error),
      error,
    };
  }
}

const sentence = (text: string): string => (text.endsWith('.') ? text : `${text}.`);

/** A wrong password or a missing bucket does not mend itself. */
const isRetryable = (error: unknown): boolean => error instanceof PerdureError && error.retryable;
