/** Which process a number means; src/adapters/embedded/process-identity.ts does the same once there is a build. */
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} ProcessIdentity
 * @property {number} pid
 * @property {string} started an opaque mark of the moment it started, '' where that is not known
 */

/**
 * @param {number} pid
 * @returns {ProcessIdentity | null} null when no such process is alive
 */
export function identify(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (process.platform !== 'linux') return isThere(pid) ? { pid, started: '' } : null;
  const stat = readProc(`/proc/${pid}/stat`);
  // The second field, the name, may itself hold blanks and brackets; what follows the last bracket may not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  // A zombie has ended; only its parent has not looked yet.
  if (startTicks === undefined || state === 'Z' || state === 'X') return null;
  return { pid, started: `${readProc('/proc/sys/kernel/random/boot_id').trim()}/${startTicks}` };
}

/** @param {ProcessIdentity} known */
export function isSameProcess(known) {
  // Without a mark, our own number on record is a number used again: nobody waits for itself.
  if (known.started === '' && known.pid === process.pid) return false;
  return identify(known.pid)?.started === known.started;
}

function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readProc(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) return '';
    throw error;
  }
}
