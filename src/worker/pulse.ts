/**
 * The worker's regular word in the log: what it does by its own account, and what Temporal sees of it. Where the two
 * differ, or runs wait elsewhere, it is a warning.
 */
import type { Logger } from '../ports/logger.js';
import type { RunInspector } from '../ports/run-inspector.js';
import type { RunningWorker } from './run-worker.js';

export interface PulseOptions {
  worker: Pick<RunningWorker, 'activity'>;
  inspector: Pick<RunInspector, 'queue' | 'openRunsElsewhere'>;
  /** What it polls for; both unless told. */
  kinds?: readonly ('workflows' | 'activities')[];
  identity: string;
  logger: Logger;
  everyMs: number;
}

/** @returns what ends it */
export function startPulse({ everyMs, ...options }: PulseOptions): () => void {
  let beating = false;
  const timer = setInterval(() => {
    // Temporal may take longer than a beat to answer, or not to.
    if (beating) return;
    beating = true;
    void beat(options).finally(() => (beating = false));
  }, everyMs);
  return () => {
    clearInterval(timer);
  };
}

async function beat(options: Omit<PulseOptions, 'everyMs'>): Promise<void> {
  const { worker, inspector, kinds = ['workflows', 'activities'], identity, logger } = options;
  const own = worker.activity();
  try {
    const [queue, runsElsewhere] = await Promise.all([inspector.queue(), inspector.openRunsElsewhere()]);
    const seen = ({ pollers }: typeof queue.workflows): string | null =>
      pollers.find((poller) => poller.identity === identity)?.lastPollAt ?? null;
    const facts = {
      taskQueue: queue.name,
      ...own,
      seenPolling: Object.fromEntries(kinds.map((kind) => [kind, seen(queue[kind])])),
      backlog: queue.workflows.backlog + queue.activities.backlog,
      backlogAgeMs: Math.max(queue.workflows.backlogAgeMs, queue.activities.backlogAgeMs),
    };
    if (own === null) logger.warn(facts, 'the worker does not poll: it is being built anew');
    else if (Object.values(facts.seenPolling).includes(null))
      logger.warn(facts, 'the worker believes that it polls, and Temporal does not see it');
    else logger.info(facts, 'the worker polls');
    if (runsElsewhere > 0)
      logger.warn(
        { runsElsewhere, taskQueue: queue.name },
        `${runsElsewhere} open runs wait at other task queues than "${queue.name}", which is all that this worker polls`,
      );
  } catch (error) {
    logger.warn({ ...own, err: error }, 'the worker could not ask Temporal what it sees of it');
  }
}
