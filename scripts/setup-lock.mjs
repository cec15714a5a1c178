/** A lock file, so that two starts at once do not install or build into the same folder. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** An error whose message is a whole sentence for the person at the terminal. */
export class SetupError extends Error {
  name = 'SetupError';
}

/**
 * Runs `work` while holding `file`; waits for a living holder, and takes over from a dead one.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetupLock(file, work) {
  const deadline = Date.now() + 15 * 60_000;
  for (let told = false; ;) {
    const holder = tryLock(file);
    if (holder === process.pid) break;
    if (Date.now() > deadline)
      throw new SetupError(`process ${holder} has held ${file} for 15 minutes; end it, or delete the file.`);
    if (!told) console.error(`Waiting for process ${holder}, which is setting up the same folder ...`);
    told = true;
    await sleep(300);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @returns the number of the process that has the lock now: our own when we got it */
function tryLock(file) {
  const mine = `${file}.${process.pid}`;
  try {
    writeFileSync(mine, String(process.pid));
    for (;;) {
      // A link appears with its content, so nobody ever reads a lock that does not name its holder yet.
      if (linked(mine, file)) return process.pid;
      const holder = holderOf(file);
      if (holder !== null && isAlive(holder)) return holder;
      if (holder !== null && replaceStale(file, holder, mine)) return process.pid;
    }
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(error.code)) throw error;
    throw new SetupError(`the folder cannot be written to (${error.code}): ${path.dirname(file)}.`, {
      cause: error,
    });
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Under a second lock: a lock simply deleted might by then be the new one of somebody quicker. */
function replaceStale(file, holder, mine) {
  const turn = `${file}.takeover`;
  if (tryLock(turn) !== process.pid) return false;
  try {
    if (holderOf(file) !== holder) return false;
    renameSync(mine, file);
    return true;
  } finally {
    rmSync(turn, { force: true });
  }
}

function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(pid) {
  // Our own number in an old lock is a number used again, as happens in every container.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
