/** One perdure to a data directory: two would start two databases over the same files. */
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { tryLock } from './pid-lock.js';
import { hasCode, StartupError } from './startup-error.js';

export interface DataDirLock {
  /** The directory itself, without symbolic links. */
  readonly dataDir: string;
  release(): Promise<void>;
}

/**
 * Makes the directory if need be and holds it until release, or until this process ends.
 * @throws StartupError when another perdure holds it, or when it cannot be used
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  try {
    await mkdir(dataDir, { recursive: true });
    const resolved = await realpath(dataDir);
    const attempt = await tryLock(path.join(resolved, 'lock'));
    if (attempt.held) return { dataDir: resolved, release: () => attempt.release() };
    throw new StartupError(
      `another perdure (pid ${attempt.holder.pid}) uses ${resolved}; stop it, or set PERDURE_DATA_DIR to another directory.`,
    );
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(
      `the data directory ${dataDir} cannot be used: ${reason(error)}; set PERDURE_DATA_DIR to a directory that can be written to.`,
      { cause: error },
    );
  }
}

function reason(error: unknown): string {
  if (hasCode(error, 'EEXIST', 'ENOTDIR')) return 'a file is in its place';
  if (hasCode(error, 'EACCES', 'EPERM')) return 'it may not be written to';
  if (hasCode(error, 'EROFS')) return 'its file system is read-only';
  if (hasCode(error, 'ENOSPC')) return 'its disk is full';
  return error instanceof Error ? error.message : String(error);
}
