/** Submits a run that goes on from another one, and follows it unless told not to. */
import type { RetryRun } from '../../contracts/forks.js';
import type { JsonValue } from '../../contracts/plan.js';
import type { Run } from '../../contracts/answers.js';
import type { CallOptions, Client } from '../client/client.js';
import { CliError, exitCodes } from './exit-codes.js';
import { followSubmitted } from './run-and-follow.js';
import { withServer } from './server.js';

interface Options extends RetryRun {
  idempotencyKey?: string;
  follow: boolean;
  json?: true;
}

export function goOn(
  { repeat, idempotencyKey, ...options }: Options,
  submit: (
    client: Client,
    call: CallOptions & RetryRun & { idempotencyKey?: string | undefined },
  ) => Promise<Run>,
): Promise<void> {
  return withServer((client, signal) =>
    followSubmitted(
      client,
      (onResponse) =>
        submit(client, {
          ...{ signal, idempotencyKey, onResponse },
          ...(repeat === undefined ? {} : { repeat }),
        }),
      { ...options, signal },
    ),
  );
}

export function readArgs(text: string): Record<string, never> {
  const value: unknown = readJson(text, '--args');
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, never>;
  throw new CliError('--args must be a JSON object', exitCodes.misused);
}

export function readJson(text: string, what: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new CliError(`${what} is not JSON: ${String(error)}`, exitCodes.misused, { cause: error });
  }
}
