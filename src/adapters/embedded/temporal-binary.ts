/** Finds a `temporal` program, or gets one: PATH, our cache, the official download, Go. */
import { execFile } from 'node:child_process';
import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tryLock } from './pid-lock.js';
import { StartupError } from './startup-error.js';
import { downloadTemporal } from './temporal-download.js';
import { buildTemporal } from './temporal-go-build.js';

const run = promisify(execFile);

export const TEMPORAL_VERSION = '1.5.1';
const OFFICIAL_DOWNLOADS = 'https://temporal.download';
const OLDEST_SERVER = [1, 29] as const;
// Builds by Go report no version of their own, but always that of the server inside.
const TEMPORARY = 'temporal.tmp-';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FindTemporalOptions {
  /** Read for PATH, the proxy variables and, for Go, HOME and its own; passed on to Go. */
  readonly env: Environment;
  /** Keeps the program between starts; `cacheDirFrom` says where that is usually. */
  readonly cacheDir: string;
  /** Takes a sentence for the person who waits. */
  readonly onProgress: (sentence: string) => void;
  /** Where `/cli/archive/...` is; another host for a mirror or a test. */
  readonly downloadBase?: string;
  /** Ends the search; what was half-made is removed. */
  readonly signal?: AbortSignal;
}

/** @returns `$XDG_CACHE_HOME/perdure`, or its usual place below the home directory */
export function cacheDirFrom(env: Environment): string {
  const given = env.XDG_CACHE_HOME;
  if (given !== undefined && path.isAbsolute(given)) return path.join(given, 'perdure');
  const home = env.HOME;
  return path.join(home === undefined || home === '' ? os.homedir() : home, '.cache', 'perdure');
}

/**
 * @returns the absolute path of a program that runs
 * @throws StartupError naming the ways out when there is none to be had
 */
export async function findTemporal(options: FindTemporalOptions): Promise<string> {
  const onPath = await searchPath(options);
  if (onPath !== null) return onPath;
  const { cacheDir, signal } = options;
  const cached = path.join(cacheDir, `temporal-${TEMPORAL_VERSION}-${process.platform}-${process.arch}`);
  if ((await problemWith(cached)) === null) return cached;
  try {
    await mkdir(cacheDir, { recursive: true });
    await access(cacheDir, constants.W_OK);
  } catch (error) {
    throw new StartupError(
      `there is no temporal on PATH, and none can be kept in ${cacheDir}; set XDG_CACHE_HOME to a directory that can be written to.`,
      { cause: error },
    );
  }
  const lock = await waitForLock(path.join(cacheDir, 'temporal.lock'), options);
  try {
    // Whoever held the lock before us has most likely done the work.
    if ((await problemWith(cached)) !== null) await obtain(cached, options);
    return cached;
  } catch (error) {
    if (signal?.aborted === true)
      throw new StartupError('the start was interrupted before Temporal was there.', { cause: error });
    throw error;
  } finally {
    await lock.release();
  }
}

async function searchPath({ env, onProgress }: FindTemporalOptions): Promise<string | null> {
  for (const directory of (env.PATH ?? '').split(path.delimiter)) {
    // An empty entry means the working directory, where a program of that name is nobody's choice.
    if (!path.isAbsolute(directory)) continue;
    const file = path.join(directory, 'temporal');
    if (!(await isExecutable(file))) continue;
    const problem = await problemWith(file);
    if (problem === null) return file;
    onProgress(`${file} is not used: ${problem}.`);
  }
  return null;
}

async function waitForLock(
  file: string,
  { onProgress, signal }: FindTemporalOptions,
): Promise<{ release(): Promise<void> }> {
  for (let told = false; ; told = true) {
    const attempt = await tryLock(file);
    if (attempt.held) return attempt;
    if (!told) onProgress(`Process ${attempt.holder.pid} is getting Temporal already; waiting for it.`);
    if (signal?.aborted === true) throw new StartupError('the start was interrupted.');
    await sleep(300);
  }
}

async function obtain(target: string, options: FindTemporalOptions): Promise<void> {
  const { cacheDir, env, onProgress, signal } = options;
  // Left by starts that were killed: under the lock, nobody else's work is among them.
  for (const name of await readdir(cacheDir))
    if (name.startsWith(TEMPORARY)) await removeAll(path.join(cacheDir, name));
  const directory = await mkdtemp(path.join(cacheDir, TEMPORARY));
  try {
    const common = { directory, env, onProgress, signal, version: TEMPORAL_VERSION };
    const reasons: string[] = [];
    for (const get of [
      () => downloadTemporal({ ...common, base: options.downloadBase ?? OFFICIAL_DOWNLOADS }),
      () => buildTemporal(common),
    ]) {
      const result = await get();
      signal?.throwIfAborted();
      const problem = 'file' in result ? await problemWith(result.file) : result.problem;
      if ('file' in result && problem === null) {
        await chmod(result.file, 0o755);
        await rename(result.file, target);
        onProgress('Temporal is ready and kept for later starts.');
        return;
      }
      reasons.push(problem ?? 'it does not run');
    }
    throw new StartupError(
      `Temporal is missing and could not be had (${reasons.join('; ')}). Do one of these: put the temporal CLI ${TEMPORAL_VERSION} or later on PATH; install Go, and perdure builds it; or set TEMPORAL_ADDRESS to a Temporal that runs.`,
    );
  } finally {
    await removeAll(directory);
  }
}

/** Go's module cache is read-only by habit; what cannot be removed now is tried again next time. */
async function removeAll(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}

/** @returns why this program cannot serve, or null when it can */
async function problemWith(file: string): Promise<string | null> {
  if (!(await isExecutable(file))) return 'there is no such program';
  try {
    // No HOME: whatever settings the person has for the CLI, the question is only which it is.
    const { stdout } = await run(file, ['--version'], { timeout: 30_000, env: { PATH: '/usr/bin:/bin' } });
    const [, major, minor] = /Server (\d+)\.(\d+)/.exec(stdout) ?? [];
    if (major === undefined || minor === undefined) return 'it does not say which server it has';
    const [oldestMajor, oldestMinor] = OLDEST_SERVER;
    const isOld =
      Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
    return isOld ? `its server ${major}.${minor} is older than ${OLDEST_SERVER.join('.')}` : null;
  } catch (error) {
    return `it does not run (${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)})`;
  }
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
