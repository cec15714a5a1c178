/** A program that only tests need, built once by Go and kept in the cache; several builders wait for one. */
import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
// Tests find Go where the shell that runs them does; only the product takes src/config's word.
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { goInstall } from '../go-install.js';
import type { Obtained, ObtainOptions } from '../temporal-download.js';
import { tryLock } from '../pid-lock.js';
import { cacheDirFrom } from '../temporal-binary.js';

/** How long a suite may take to get its program on a bare machine. */
export const BUILD_TIMEOUT_MS = 600_000;

export interface GoProgram {
  /** The import path. */
  readonly package: string;
  readonly version: string;
  /** What it is kept as, where the last part of its import path says too little. */
  readonly name?: string;
  /** Of one that answers no `--version`: that it is there has to do. */
  readonly isMute?: boolean;
  /** What makes it of what Go has built there, where that is not the program yet. */
  readonly make?: (built: string, options: ObtainOptions) => Promise<Obtained>;
}

/** @returns where the program is, or why it cannot be had; nothing is asked of the network when it is there */
export async function goProgram(program: GoProgram): Promise<{ file: string } | { problem: string }> {
  const { name = path.basename(program.package), make } = program;
  const cacheDir = cacheDirFrom(env);
  const file = fileOf(program);
  if (await runs(file, program)) return { file };
  await mkdir(cacheDir, { recursive: true });
  const lock = await waitForLock(path.join(cacheDir, `${name}.lock`));
  if (lock === null) return { problem: 'another process builds it, and does not come to an end' };
  const directory = await mkdtemp(path.join(cacheDir, `${name}.tmp-`));
  try {
    if (await runs(file, program)) return { file };
    const options: ObtainOptions = {
      version: program.version,
      directory,
      env,
      onProgress: (sentence) => {
        console.error(sentence);
      },
      signal: AbortSignal.timeout(BUILD_TIMEOUT_MS - 60_000),
    };
    const installed = await goInstall({
      ...options,
      package: program.package,
      title: name,
      announcement: `Building ${name} ${program.version} with Go; the first time only.`,
    });
    if ('problem' in installed) return installed;
    const built = make === undefined ? installed : await make(installed.file, options);
    if ('problem' in built) return built;
    if (!(await runs(built.file, program))) return { problem: 'it was built, but does not run' };
    await rename(built.file, file);
    return { file };
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    await lock.release();
  }
}

/** Whether it is in the cache already. */
export const isBuilt = (program: GoProgram): Promise<boolean> => runs(fileOf(program), program);

const fileOf = ({ name, package: from, version }: GoProgram): string =>
  path.join(
    cacheDirFrom(env),
    `${name ?? path.basename(from)}-${version}-${process.platform}-${process.arch}`,
  );

async function runs(file: string, { isMute = false }: GoProgram): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    if (isMute) return true;
    await promisify(execFile)(file, ['--version'], { timeout: 30_000, env: {} });
    return true;
  } catch {
    return false;
  }
}

async function waitForLock(file: string): Promise<{ release(): Promise<void> } | null> {
  for (const deadline = Date.now() + BUILD_TIMEOUT_MS - 60_000; Date.now() < deadline;) {
    const attempt = await tryLock(file);
    if (attempt.held) return attempt;
    await sleep(300);
  }
  return null;
}
