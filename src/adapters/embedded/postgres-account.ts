/** The account Postgres runs as: our own, except that as root it refuses, and takes `postgres`. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hasCode, StartupError } from './startup-error.js';

const run = promisify(execFile);
const SYSTEM_PATH = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes the user when the machine has none.
 * @param directory what Postgres works in; one that is there already says itself whose it is
 * @returns undefined when our own account serves
 * @throws StartupError when we are root and there is no user to be had
 */
export async function postgresAccount(directory: string, name = 'postgres'): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await ownerOf(directory);
  if (owner !== undefined && owner.uid !== 0) return owner;
  const known = await lookUp(name);
  if (known !== undefined) return known;
  const made = (await makeUser(name)) ? await lookUp(name) : undefined;
  if (made !== undefined) return made;
  throw new StartupError(
    `Postgres does not run as root, and no user could be made for it; run "useradd --system ${name}", or start perdure as another user.`,
  );
}

/** @returns what the command wrote, the last of it on a failure too */
export async function runAs(
  account: Account | undefined,
  command: string,
  args: readonly string[],
): Promise<{ readonly ok: boolean; readonly output: string }> {
  try {
    const { stdout, stderr } = await run(command, args, {
      cwd: '/',
      env: { ...SYSTEM_PATH, LC_ALL: 'C', TZ: 'UTC' },
      timeout: 120_000,
      ...(account ?? {}),
    });
    return { ok: true, output: stdout + stderr };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
    return { ok: false, output: said === '' ? error.message : said };
  }
}

async function ownerOf(directory: string): Promise<Account | undefined> {
  try {
    const { uid, gid } = await stat(directory);
    return { uid, gid };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name], { env: SYSTEM_PATH })).stdout)),
    );
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  } catch {
    // id ends with an error when there is no such user.
    return undefined;
  }
}

async function makeUser(name: string): Promise<boolean> {
  const ways: readonly (readonly [string, readonly string[]])[] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]],
    // A group of that name may be there without the user.
    ['useradd', ['--system', '--gid', name, '--no-create-home', '--shell', '/usr/sbin/nologin', name]],
    // BusyBox.
    ['adduser', ['-S', '-D', '-H', name]],
  ];
  for (const [command, args] of ways) if ((await runAs(undefined, command, args)).ok) return true;
  return false;
}
