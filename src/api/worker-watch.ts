/** Whether workers poll the run queue, asked of Temporal and remembered for a moment. */
import type { Response } from 'express';
import type { RunEngine } from '../ports/run-engine.js';
import type { ApiContext } from './context.js';
import { withDeadline } from '../../contracts/deadline.js';

export interface WorkerWatch {
  /** Has the server asked where the last answer is old, so that it comes while something else is waited for. */
  ask(): void;
  /** Pollers as the server sees them; null when it does not say so within `ms`. Never throws. */
  pollers(ms: number): Promise<number | null>;
}

const FRESH_MS = 2_000;
/** Milliseconds that an answer may be late for finding out that no worker polls. */
const WARNING_MS = 500;

export function createWorkerWatch(engine: RunEngine): WorkerWatch {
  let asked: { at: number; answer: Promise<number | null> } | undefined;
  const answer = (): Promise<number | null> => {
    if (asked === undefined || Date.now() - asked.at > FRESH_MS)
      asked = { at: Date.now(), answer: engine.pollerCount().catch(() => null) };
    return asked.answer;
  };
  return {
    ask() {
      void answer();
    },
    pollers: (ms) => withDeadline(answer(), ms).catch(() => null),
  };
}

/** A run that was taken on is safe with Temporal; but nothing moves until a worker comes, and that is said at once. */
export async function warnWithoutWorker(
  { logger }: Pick<ApiContext, 'logger'>,
  workers: WorkerWatch,
  res: Response,
): Promise<void> {
  if ((await workers.pollers(WARNING_MS)) !== 0) return;
  logger.warn({}, 'a run was accepted, and Temporal sees no worker poll the task queue');
  res.set('Perdure-Warning', 'no_worker_polling');
}
