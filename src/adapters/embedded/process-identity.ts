/** Which process a number means: numbers are used again, after a restart of a container nearly always. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hasCode } from './startup-error.js';

const run = promisify(execFile);

/** A process that can be recognised later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** An opaque mark of the moment it started. */
  readonly started: string;
}

/** @returns null when no such process is alive */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (process.platform !== 'linux') {
    const started = await ps('lstart=', pid);
    return started === '' ? null : { pid, started };
  }
  const stat = await readProc(`/proc/${pid}/stat`);
  // The second field, the name, may itself hold blanks and brackets; what follows the last bracket may not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  // A zombie has ended; only its parent has not looked yet.
  if (startTicks === undefined || state === 'Z' || state === 'X') return null;
  const boot = (await readProc('/proc/sys/kernel/random/boot_id')).trim();
  return { pid, started: `${boot}/${startTicks}` };
}

export async function isSameProcess(known: ProcessIdentity): Promise<boolean> {
  return (await identify(known.pid))?.started === known.started;
}

/** @returns the arguments joined by blanks, or '' when there is no such process */
export async function commandLineOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return ps('command=', pid);
  return (await readProc(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim();
}

/** @returns null unless `value` has the shape, as a file cut short has not */
export function asIdentity(value: unknown): ProcessIdentity | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!('pid' in value) || typeof value.pid !== 'number') return null;
  if (!('started' in value) || typeof value.started !== 'string') return null;
  return { pid: value.pid, started: value.started };
}

async function readProc(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES')) return '';
    throw error;
  }
}

async function ps(field: string, pid: number): Promise<string> {
  try {
    return (await run('ps', ['-o', field, '-p', String(pid)])).stdout.trim();
  } catch {
    // ps ends with an error when there is no such process.
    return '';
  }
}
