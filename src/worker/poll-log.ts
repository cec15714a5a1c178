/**
 * What became of the polls, for `LOG_LEVEL=debug`: Temporal's SDK polls in its native half, which says nothing of it but
 * by its metrics.
 */
import type { Logger } from '../ports/logger.js';

export interface PollLogOptions {
  /** The metrics of Temporal's SDK, in the text format of Prometheus. */
  read: () => Promise<string>;
  logger: Logger;
  everyMs: number;
}

const KINDS = {
  workflows: {
    operation: 'PollWorkflowTaskQueue',
    empty: 'temporal_workflow_task_queue_poll_empty_total',
  },
  activities: { operation: 'PollActivityTaskQueue', empty: 'temporal_activity_poll_no_task_total' },
} as const;
type Kind = keyof typeof KINDS;

/** Since the process began. */
export interface Polls {
  sent: number;
  /** With a task, empty after a minute without one, or failed. */
  returned: number;
  empty: number;
  failed: number;
}

/** @returns what ends it */
export function logPolls({ read, logger, everyMs }: PollLogOptions): () => void {
  const before: Record<Kind, Polls> = { workflows: NONE, activities: NONE };
  let isReading = false;
  const look = async (): Promise<void> => {
    const metrics = await read();
    for (const kind of Object.keys(KINDS) as Kind[]) {
      const now = pollsOf(metrics, kind);
      const since = minus(now, before[kind]);
      before[kind] = now;
      if (Object.values(since).every((count) => count === 0)) continue;
      const { sent, returned, empty, failed } = since;
      logger.debug(
        {
          polls: kind,
          sent,
          withTask: returned - empty - failed,
          empty,
          failed,
          open: now.sent - now.returned,
        },
        `polls for ${kind}`,
      );
    }
  };
  const timer = setInterval(() => {
    if (isReading) return;
    isReading = true;
    void look().finally(() => (isReading = false));
  }, everyMs);
  return () => {
    clearInterval(timer);
  };
}

const NONE: Polls = { sent: 0, returned: 0, empty: 0, failed: 0 };

const minus = (a: Polls, b: Polls): Polls => ({
  sent: a.sent - b.sent,
  returned: a.returned - b.returned,
  empty: a.empty - b.empty,
  failed: a.failed - b.failed,
});

export function pollsOf(metrics: string, kind: Kind): Polls {
  const { operation, empty } = KINDS[kind];
  const ofOperation = (name: string): number =>
    sum(metrics, `temporal_long_request_${name}`, `operation="${operation}"`);
  return {
    sent: ofOperation('total'),
    returned: ofOperation('latency_seconds_count'),
    empty: sum(metrics, empty, ''),
    failed: ofOperation('failure_total'),
  };
}

function sum(metrics: string, name: string, label: string): number {
  let total = 0;
  for (const line of metrics.split('\n'))
    if (line.startsWith(`${name}{`) && line.includes(label))
      total += Number(line.slice(line.lastIndexOf(' ')));
  return total;
}
