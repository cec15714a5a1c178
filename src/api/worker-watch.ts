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
  /** The same of workers of tools; null also where tools have no task queue of their own. */
  toolPollers(ms: number): Promise<number | null>;
}

const FRESH_MS = 2_000;
/** Milliseconds that an answer may be late for finding out that no worker polls. */
const WARNING_MS = 500;

export function createWorkerWatch(engine: RunEngine): WorkerWatch {
  const pollers = remembered(() => engine.pollerCount());
  const toolPollers = remembered(() => engine.toolPollerCount());
  return {
    ask() {
      void pollers();
      void toolPollers();
    },
    pollers: (ms) => withDeadline(pollers(), ms).catch(() => null),
    toolPollers: (ms) => withDeadline(toolPollers(), ms).catch(() => null),
  };
}

function remembered(count: () => Promise<number | null>): () => Promise<number | null> {
  let asked: { at: number; answer: Promise<number | null> } | undefined;
  return () => {
    if (asked === undefined || Date.now() - asked.at > FRESH_MS)
      asked = { at: Date.now(), answer: count().catch(() => null) };
    return asked.answer;
  };
}

/** A run that was taken on is safe with Temporal; but nothing moves until a worker comes, and that is said at once. */
export async function warnWithoutWorker(
  { logger }: Pick<ApiContext, 'logger'>,
  workers: WorkerWatch,
  res: Response,
): Promise<void> {
  const [pollers, toolPollers] = await Promise.all([
    workers.pollers(WARNING_MS),
    workers.toolPollers(WARNING_MS),
  ]);
  if (pollers === 0) {
    logger.warn({}, 'a run was accepted, and Temporal sees no worker poll the task queue');
    res.set('Perdure-Warning', 'no_worker_polling');
  } else if (toolPollers === 0) {
    logger.warn({}, 'a run was accepted, and Temporal sees no worker poll the task queue of tools');
    res.set('Perdure-Warning', 'no_tool_worker_polling');
  }
}
