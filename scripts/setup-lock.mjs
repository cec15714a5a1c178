/** A lock file, so that two starts at once do not install or build into the same folder. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isSameProcess } from './process-identity.mjs';

/** An error whose message is a whole sentence for the person at the terminal. */
export class SetupError extends Error {
  name = 'SetupError';
}

/**
 * Runs `work` while holding `file`; waits for a living holder, and takes over from a dead one.
 * @template T
 * @param {string} file
 * @param {(share: (pid: number) => void) => Promise<T>} work `share` makes a process that it started a holder
 *   too: should we be killed, the next start waits until that process has ended.
 * @returns {Promise<T>}
 */
export async function withSetupLock(file, work) {
  const deadline = Date.now() + 15 * 60_000;
  for (let told = null; ;) {
    const holder = tryLock(file);
    if (holder === null) break;
    if (Date.now() > deadline)
      throw new SetupError(`process ${holder} has held ${file} for 15 minutes; end it, or delete the file.`);
    if (told !== holder)
      console.error(`Waiting for process ${holder}, which is setting up the same folder ...`);
    told = holder;
    await sleep(300);
  }
  try {
    return await work((pid) => {
      rewrite(file, contentFor(process.pid, pid));
    });
  } finally {
    rmSync(file, { force: true });
  }
}

const draftOf = (file) => `${file}.${process.pid}`;
const contentFor = (...pids) => JSON.stringify(pids.map(identify).filter((holder) => holder !== null));

/** @returns null when we have the lock now, or else the number of the process that has it */
function tryLock(file) {
  const mine = draftOf(file);
  try {
    writeFileSync(mine, contentFor(process.pid));
    for (;;) {
      // A link appears with its content, so nobody ever reads a lock that does not name its holder yet.
      if (linked(mine, file)) return null;
      const found = readIfThere(file);
      if (found === null) continue;
      const holder = holdersIn(found).find(isSameProcess);
      if (holder !== undefined) return holder.pid;
      if (replaceStale(file, found, mine)) return null;
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
function replaceStale(file, stale, mine) {
  const turn = `${file}.takeover`;
  if (tryLock(turn) !== null) return false;
  try {
    if (readIfThere(file) !== stale) return false;
    renameSync(mine, file);
    return true;
  } finally {
    rmSync(turn, { force: true });
  }
}

function rewrite(file, content) {
  try {
    writeFileSync(draftOf(file), content);
    renameSync(draftOf(file), file);
  } catch {
    // The lock goes on naming us alone; a disk that is full will end what was to be named, too.
    rmSync(draftOf(file), { force: true });
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

/** A lock that cannot be read names nobody, and nobody holds it. */
function holdersIn(content) {
  try {
    const holders = JSON.parse(content);
    return Array.isArray(holders) ? holders.filter((holder) => typeof holder?.started === 'string') : [];
  } catch {
    return [];
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
