/** The database's files: made once, whole or not at all, and checked before each start. */
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runAs, type Account } from './postgres-account.js';
import { clean, exists, type PostgresBinaries } from './postgres-binaries.js';
import { commandLineOf } from './process-identity.js';
import { tellingLine } from './server-log.js';
import { hasCode, refusal, StartupError } from './startup-error.js';

export const SUPERUSER = 'postgres';

/** Makes the cluster in `directory` unless it is there. */
export async function ensureCluster(
  directory: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
): Promise<void> {
  const prefix = `${path.basename(directory)}.tmp-`;
  await mkdir(path.dirname(directory), { recursive: true });
  await clean(path.dirname(directory), prefix);
  if (await exists(directory)) return;
  const temporary = path.join(path.dirname(directory), `${prefix}${process.pid}`);
  try {
    await mkdir(temporary, { mode: 0o700 });
    const password = path.join(temporary, 'password');
    await writeFile(password, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
    if (account !== undefined)
      for (const file of [temporary, password]) await chown(file, account.uid, account.gid);
    const { ok, output } = await runAs(account, binaries.initdb, [
      `--pgdata=${path.join(temporary, 'data')}`,
      `--pwfile=${password}`,
      `--username=${SUPERUSER}`,
      // Postgres' own locale: sorts by code point, knows all of Unicode's letters, the same on every machine.
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...['--auth=scram-sha-256', '--no-instructions'],
    ]);
    if (!ok)
      throw new StartupError(`the database could not be made in ${directory}: ${tellingLine(output)}.`);
    await rename(temporary, directory);
  } catch (error) {
    if (!hasCode(error, 'ENOSPC', 'EROFS', 'EACCES', 'EPERM')) throw error;
    throw new StartupError(`the database could not be made in ${directory}: ${refusal(error)}.`, {
      cause: error,
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * @returns the superuser's password
 * @throws StartupError when the cluster is damaged, of another version, or another user's
 */
export async function checkCluster(directory: string, binaries: PostgresBinaries): Promise<string> {
  try {
    if (!(await stat(directory)).isDirectory())
      throw new StartupError(broken(directory, 'a file is in its place'));
    const version = (await readFile(path.join(directory, 'data', 'PG_VERSION'), 'utf8')).trim();
    if (!/^\d+$/.test(version)) throw new StartupError(broken(directory, 'its PG_VERSION is damaged'));
    if (version !== binaries.major)
      throw new StartupError(
        `the database in ${directory} was made by Postgres ${version}, and this perdure brings ${binaries.major}; start the perdure that made it, dump the database and restore it here.`,
      );
    await removeStalePid(path.join(directory, 'data'));
    const password = (await readFile(path.join(directory, 'password'), 'utf8')).trim();
    if (password === '') throw new StartupError(broken(directory, 'its password file is empty'));
    return password;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR'))
      throw new StartupError(broken(directory, 'files are missing'), { cause: error });
    if (hasCode(error, 'EACCES', 'EPERM'))
      throw new StartupError(
        `the database in ${directory} belongs to another user; start perdure as that user.`,
        { cause: error },
      );
    throw error;
  }
}

export const broken = (directory: string, why: string): string =>
  `the database in ${directory} is broken (${why}); restore it from a backup, or move it away to start with an empty one (the record of all runs is lost).`;

/**
 * In a container the number of a killed Postgres soon belongs to another process, and Postgres would take
 * that one for a server of its own. Its own check stays for a server that may be one. A file that names no
 * process at all it would only call bogus.
 */
async function removeStalePid(data: string): Promise<void> {
  const file = path.join(data, 'postmaster.pid');
  if (!(await exists(file))) return;
  const pid = Number((await readFile(file, 'utf8')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid === 0) {
    await unlink(file);
    return;
  }
  const command = await commandLineOf(pid);
  if (command !== '' && !command.includes(data) && !command.startsWith('postgres:')) await unlink(file);
}
