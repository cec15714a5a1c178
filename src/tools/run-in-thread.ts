/** Runs work that may loop or eat memory in a thread of its own, which is always ended. */
import { Worker } from 'node:worker_threads';
import { PerdureError } from '../../contracts/errors.js';
import { Places } from './places.js';
import { room } from './room.js';
import type { WorkerAnswer } from './worker-answer.js';

export interface ThreadWork {
  /** The worker file: it posts one answer. What it throws outside its own care becomes an answer too. */
  file: URL;
  data: unknown;
  timeoutMs: number;
  /** Megabytes of JavaScript heap. */
  heapMb: number;
  signal: AbortSignal;
}

/** @throws PerdureError `worker_busy`, `tool_limit_exceeded` for time and memory; the signal's reason when it is aborted */
export async function runInThread(work: ThreadWork): Promise<WorkerAnswer> {
  return threads.use(work.signal, () => run(work));
}

/** Each may spin for as long as its time lasts. */
const threads = new Places(room.threads, 'sandbox threads');

async function run(work: ThreadWork): Promise<WorkerAnswer> {
  const worker = new Worker(work.file, {
    workerData: work.data,
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: work.heapMb },
  });
  const over = (what: string): PerdureError => new PerdureError('tool_limit_exceeded', what);
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  try {
    return await new Promise<WorkerAnswer>((resolve, reject) => {
      worker.once('message', (answer: WorkerAnswer) => {
        resolve(answer);
      });
      worker.once('error', (error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY')
          reject(over('used more memory than it may'));
        else resolve({ ok: false, message: error instanceof Error ? error.message : String(error) });
      });
      worker.once('exit', (code) => {
        reject(over(`the thread ended without an answer (code ${code})`));
      });
      timer = setTimeout(() => {
        reject(over(`took longer than ${work.timeoutMs} ms`));
      }, work.timeoutMs);
      abort = () => {
        reject(work.signal.reason instanceof Error ? work.signal.reason : new Error('aborted'));
      };
      work.signal.addEventListener('abort', abort, { once: true });
    });
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) work.signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}
