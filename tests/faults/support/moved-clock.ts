/** A process whose clock can be moved while it runs: libfaketime, on PATH's machine or from Debian's package. */
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
// Tests find what they need where the shell that runs them does.
import { env as shell } from 'node:process';
import { cacheDirFrom } from '../../../src/adapters/embedded/temporal-binary.js';
import { unpackDebian } from '../../../src/adapters/embedded/testing/debian-packages.js';

export interface MovedClock {
  /** What the process is started with. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on its clock is so many seconds ahead, or behind where negative. */
  move(seconds: number): Promise<void>;
}

/** @returns the library, or why there is none */
export async function findFakeTime(): Promise<{ file: string } | { problem: string }> {
  if (process.platform !== 'linux') return { problem: 'libfaketime is had from Debian’s packages only' };
  const kept = path.join(cacheDirFrom(shell), `faketime-${process.platform}-${process.arch}`);
  const cached = (await libraryIn('/')) ?? (await libraryIn(kept));
  if (cached !== null) return { file: cached };
  await mkdir(path.dirname(kept), { recursive: true });
  const place = await mkdtemp(`${kept}.tmp-`);
  try {
    await unpackDebian(place, shell, ['libfaketime']);
    // Another test process may have been quicker; then its copy stays.
    await rename(place, kept).catch(() => undefined);
  } catch (error) {
    return { problem: `libfaketime could not be had: ${error instanceof Error ? error.message : 'unknown'}` };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
  const file = await libraryIn(kept);
  return file === null ? { problem: 'Debian’s package holds no libfaketimeMT.so.1' } : { file };
}

async function libraryIn(root: string): Promise<string | null> {
  const base = path.join(root, 'usr', 'lib');
  for (const folder of await readdir(base).catch(() => [])) {
    const directory = path.join(base, folder, 'faketime');
    // The one for programs with threads.
    const name = 'libfaketimeMT.so.1';
    if ((await readdir(directory).catch((): string[] => [])).includes(name))
      return path.join(directory, name);
  }
  return null;
}

/** @param file that tells the process how far its clock is moved */
export async function createMovedClock(library: string, file: string): Promise<MovedClock> {
  const move = (seconds: number): Promise<void> => writeFile(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  await move(0);
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      // Timers run on as they do where somebody sets a machine's clock.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    move,
  };
}
