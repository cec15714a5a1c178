/** Runs work whose native code may loop or eat memory in a process of its own, which is always ended. */
import { fork, type ChildProcess } from 'node:child_process';
import { PerdureError } from '../../contracts/errors.js';
import { Places } from './places.js';
import { room } from './room.js';
import type { WorkerAnswer } from './worker-answer.js';

export interface ProcessWork {
  /** The worker file: it gets `data` as its one message, sends one answer, and ends itself on 'disconnect'. */
  file: URL;
  /** Plain JSON. */
  data: unknown;
  /** The working directory. */
  directory: string;
  /** Megabytes of JavaScript heap; the worker itself watches the rest. */
  heapMb: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Comes back when the process has ended, whatever the answer.
 * @throws PerdureError `worker_busy`, `tool_limit_exceeded`, `tool_unavailable` or `tool_failed` for an end without an answer;
 * the signal's reason when it is aborted
 */
export async function runInProcess(work: ProcessWork): Promise<WorkerAnswer> {
  return processes.use(work.signal, () => run(work));
}

const processes = new Places(room.processes, 'processes for tools');

async function run(work: ProcessWork): Promise<WorkerAnswer> {
  const child = fork(work.file, {
    cwd: work.directory,
    execArgv: [`--max-old-space-size=${work.heapMb}`],
    // Nothing of the operator's, his time zone included.
    env: { TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // In a group of its own, so that Ctrl-C reaches only the parent.
    detached: true,
  });
  const ended = endOf(child);
  let abort: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<WorkerAnswer>((resolve, reject) => {
      child.once('message', (answer) => {
        resolve(answer as WorkerAnswer);
      });
      ended.then((end) => {
        reject(withoutAnswer(end));
      }, reject);
      timer = setTimeout(() => {
        reject(new PerdureError('tool_limit_exceeded', `took longer than ${work.timeoutMs / 1_000} s`));
      }, work.timeoutMs);
      abort = () => {
        reject(work.signal.reason instanceof Error ? work.signal.reason : new Error('aborted'));
      };
      work.signal.addEventListener('abort', abort, { once: true });
      // Where it cannot be sent the process has ended, which says more.
      child.send(work.data as object, () => undefined);
    });
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) work.signal.removeEventListener('abort', abort);
    child.kill('SIGKILL');
    // A process that never began has been reported above.
    await ended.catch(() => undefined);
  }
}

interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The end of the process and of the channel: what was sent may arrive after the process has gone. */
const endOf = (child: ChildProcess): Promise<ProcessEnd> =>
  new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new PerdureError('tool_unavailable', `no process could be started: ${error.message}`, {
          cause: error,
        }),
      );
    });
    let end: ProcessEnd | undefined;
    const look = (): void => {
      if (end !== undefined && !child.connected) resolve(end);
    };
    child.once('exit', (code, signal) => {
      end = { code, signal };
      look();
    });
    child.once('disconnect', look);
  });

/** A full heap aborts the process, and a system without memory kills it. */
const memorySignals = new Set<NodeJS.Signals>(['SIGABRT', 'SIGKILL', 'SIGTRAP']);

function withoutAnswer({ code, signal }: ProcessEnd): PerdureError {
  if (signal !== null && memorySignals.has(signal))
    return new PerdureError('tool_limit_exceeded', `used more memory than it may (${signal})`);
  return new PerdureError('tool_failed', `the process ended without an answer (${signal ?? `code ${code}`})`);
}
