/** Where the database's files lie: in the data directory, unless the account that runs Postgres cannot get there. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runAs, type Account } from './postgres-account.js';
import { exists } from './postgres-binaries.js';
import { hasCode, StartupError } from './startup-error.js';

export interface PostgresPlace {
  /** Holds `data/` (the cluster), `password` and the record of the running server. */
  readonly directory: string;
  /** To be called once the cluster is complete, so that later starts find it. */
  remember(): Promise<void>;
}

/**
 * @param systemDir takes the database when the data directory is out of reach, as under root's home
 * @throws StartupError when the place on record is gone
 */
export async function postgresPlace(
  dataDir: string,
  systemDir: string,
  account: Account | undefined,
): Promise<PostgresPlace> {
  const usual = path.join(dataDir, 'postgres');
  const pointer = path.join(dataDir, 'postgres.location');
  if (await exists(usual)) return { directory: usual, remember: nothing };
  const recorded = await readPointer(pointer);
  if (recorded !== null) {
    if (await exists(recorded)) return { directory: recorded, remember: nothing };
    throw new StartupError(
      `the database of ${dataDir} should be at ${recorded} and is not; restore it, or delete ${pointer} to start with an empty one.`,
    );
  }
  if (account === undefined || (await runAs(account, '/bin/sh', ['-c', 'cd "$1"', 'sh', dataDir])).ok)
    return { directory: usual, remember: nothing };
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const directory = path.join(systemDir, name, 'postgres');
  await mkdir(path.dirname(directory), { recursive: true, mode: 0o755 });
  // Of an earlier data directory at the same path, since deleted: its runs must not come back from the dead.
  if (await exists(directory)) await setAside(directory);
  return { directory, remember: () => writePointer(pointer, directory) };
}

/** Where they lie by what is on record; a data directory without a database has its usual place. */
export async function recordedPlace(dataDir: string): Promise<string> {
  const usual = path.join(dataDir, 'postgres');
  return (await exists(usual))
    ? usual
    : ((await readPointer(path.join(dataDir, 'postgres.location'))) ?? usual);
}

/** Under another name, in case it was the data directory that got lost; only the last is kept. */
async function setAside(directory: string): Promise<void> {
  const aside = `${directory}.old`;
  await rm(aside, { recursive: true, force: true });
  await rename(directory, aside);
}

const nothing = (): Promise<void> => Promise.resolve();

async function readPointer(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

async function writePointer(file: string, directory: string): Promise<void> {
  await writeFile(`${file}.new`, `${directory}\n`);
  await rename(`${file}.new`, file);
}
