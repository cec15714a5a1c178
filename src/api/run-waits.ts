/** Requests that wait for a run to end: told by the run's feed, as its streams are, and by nobody's polling. */
import type { Response } from 'express';
import type { RunFeeds } from './run-feeds.js';

export interface RunWaits {
  /**
   * Resolves when the run has ended, the time is over, the client went, or the server drains.
   * @param look asks the database once more, when nothing can be missed any longer: whether the run is open still
   */
  untilEnded(given: {
    runId: string;
    lastSeq: number;
    ms: number;
    res: Response;
    look: () => Promise<boolean>;
  }): Promise<void>;
}

export function createRunWaits(feeds: RunFeeds, draining: AbortSignal): RunWaits {
  const waiting = new Set<() => void>();
  // One listener, however many wait.
  draining.addEventListener(
    'abort',
    () => {
      for (const stop of [...waiting]) stop();
    },
    { once: true },
  );
  return {
    async untilEnded({ runId, lastSeq, ms, res, look }) {
      if (draining.aborted) return;
      let stop!: () => void;
      const over = new Promise<void>((resolve) => (stop = resolve));
      const timer = setTimeout(stop, ms);
      const leave = feeds.onEnd(runId, lastSeq, stop);
      waiting.add(stop);
      res.once('close', stop);
      try {
        if (await look()) await over;
      } finally {
        clearTimeout(timer);
        leave();
        waiting.delete(stop);
        res.off('close', stop);
      }
    },
  };
}
