/** One perdure to a data directory: two would start two databases over the same files. */
import { mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { tryLock } from './pid-lock.js';
import { hasCode, refusal, StartupError } from './startup-error.js';

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
    await makeWithParents(path.resolve(dataDir));
    const resolved = await realpath(dataDir);
    const attempt = await tryLock(path.join(resolved, 'lock'));
    if (attempt.held) return { dataDir: resolved, release: () => attempt.release() };
    throw new StartupError(
      `another perdure (pid ${attempt.holder.pid}) uses ${resolved}; stop it, or set PERDURE_DATA_DIR to another directory.`,
    );
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(
      `the data directory ${dataDir} cannot be used: ${refusal(error)}; set PERDURE_DATA_DIR to a directory that can be written to.`,
      { cause: error },
    );
  }
}

/**
 * Makes what is missing of the path. Node's own recursive mkdir goes round for ever in a folder that is there
 * and says of what shall be made in it that it is not, as /proc does.
 */
async function makeWithParents(directory: string): Promise<void> {
  if (await isDirectory(directory)) return;
  await makeWithParents(path.dirname(directory));
  try {
    await mkdir(directory);
  } catch (error) {
    // Another start may have been quicker.
    if (!hasCode(error, 'EEXIST') || !(await isDirectory(directory))) throw error;
  }
}

async function isDirectory(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
