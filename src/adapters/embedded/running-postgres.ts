/** The embedded database of the perdure that runs over a data directory, for a command beside it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { SUPERUSER } from './postgres-cluster.js';
import { recordedPlace } from './postgres-place.js';
import { commandLineOf } from './process-identity.js';
import { hasCode, StartupError } from './startup-error.js';

/**
 * @returns its address with the password in it; null when none runs
 * @throws StartupError when its files belong to another user
 */
export async function findRunningPostgres(dataDir: string): Promise<string | null> {
  const directory = await recordedPlace(dataDir);
  try {
    // Postgres' own record: its pid on the first line, its port on the fourth.
    const record = (await readFile(path.join(directory, 'data', 'postmaster.pid'), 'utf8')).split('\n');
    if (!(await commandLineOf(Number(record[0]))).includes(directory)) return null;
    const password = (await readFile(path.join(directory, 'password'), 'utf8')).trim();
    return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${Number(record[3])}/perdure`;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    if (hasCode(error, 'EACCES', 'EPERM'))
      throw new StartupError(
        `the database in ${directory} belongs to another user; do this as the user that runs perdure.`,
        { cause: error },
      );
    throw error;
  }
}
