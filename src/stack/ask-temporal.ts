/** Commands that ask Temporal by themselves: what it refuses, or its absence, is told in one sentence. */
import type { Connection } from '@temporalio/client';
import { PerdureError } from '../../contracts/errors.js';
import { StartupError } from '../adapters/embedded/startup-error.js';
import { checkTemporal, TemporalRefusal } from '../adapters/temporal/check-temporal.js';
import { callTemporal } from '../adapters/temporal/unavailable.js';

/** As docs/cli.md lists them. */
const MISUSED = 2;
const UNREACHABLE = 5;

/** @throws StartupError where it cannot be reached, or lacks the namespace or what runs are searched by */
export const requireTemporal = (connection: Connection, namespace: string): Promise<void> =>
  inOneSentence(() => callTemporal(connection, () => checkTemporal(connection, namespace)));

/** @throws StartupError in place of what Temporal's absence or refusal throws */
export async function inOneSentence<Value>(act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof TemporalRefusal)
      throw new StartupError(`${error.message}.`, { cause: error, exitCode: MISUSED });
    if (error instanceof PerdureError && error.code === 'temporal_unavailable')
      throw new StartupError(`${error.message}; TEMPORAL_ADDRESS says where it is.`, {
        cause: error,
        exitCode: UNREACHABLE,
      });
    throw error;
  }
}
