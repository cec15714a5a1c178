/** CPU seconds of processes, as Linux counts them in /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second; Linux has told user space 100 since ever. */
const TICKS = 100;

interface Stat {
  pid: number;
  parent: number;
  name: string;
  seconds: number;
  /** Of children that have ended and were waited for. */
  endedSeconds: number;
}

/** Undefined when there is no such process, or no /proc. Source: proc_pid_stat(5). */
function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name stands in parentheses and may hold any character, blanks and parentheses too.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const ticks = (...at: number[]): number => at.reduce((sum, i) => sum + Number(fields[i]), 0) / TICKS;
  return {
    pid,
    parent: Number(fields[1]),
    name: text.slice(text.indexOf('(') + 1, end),
    seconds: ticks(11, 12),
    endedSeconds: ticks(13, 14),
  };
}

/** Of the process alone; NaN where that cannot be known. */
export const cpuSecondsOf = (pid: number): number => statOf(pid)?.seconds ?? NaN;

/** Of all processes below `root` whose name begins so, those that have ended included; NaN where there is none. */
export function cpuSecondsBelow(root: number, name: string): number {
  const found = below(root).filter((stat) => stat.name.startsWith(name));
  return found.length === 0 ? NaN : found.reduce((sum, stat) => sum + stat.seconds + stat.endedSeconds, 0);
}

/**
 * Bytes of memory of all processes below `root` whose name begins so, what they share counted once (PSS); NaN where
 * that cannot be known.
 */
export const memoryBelow = (root: number, name: string): number =>
  below(root)
    .filter((stat) => stat.name.startsWith(name))
    .reduce((sum, { pid }) => sum + memoryOf(pid), 0);

/** Of one process. */
export function memoryOf(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) * 1024;
  } catch {
    return NaN;
  }
}

function below(root: number): Stat[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => statOf(Number(entry)) ?? []);
  const known = new Set([root]);
  // A parent may stand after its child: as often as something is found.
  for (let before = 0; known.size > before;) {
    before = known.size;
    for (const { pid, parent } of all) if (known.has(parent)) known.add(pid);
  }
  return all.filter(({ pid }) => pid !== root && known.has(pid));
}
