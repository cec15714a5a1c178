/**
 * Who of a task queue's workers has gone silent: a stopped process keeps its poll open for up to a minute, but tells
 * Temporal nothing of itself any more. The times it told are of its own clock, so they are only compared with each
 * other; how much time has passed is taken from ours.
 */
import type { Connection } from '@temporalio/client';
import { workersOf } from './workers.js';

/** Three times what workers wait between two words (src/stack/process-log.ts). */
export const SILENT_MS = 15_000;

interface Heard {
  /** By the worker's clock. */
  told: number;
  /** By ours. */
  heardAt: number;
}

export interface SilenceWatch {
  /** @param workers with the newest word of each, or some of them older ones, too */
  silent(workers: readonly { identity: string; lastHeartbeatAt: string }[]): Set<string>;
}

/** @param now milliseconds of a clock that nobody sets */
export function createSilenceWatch(now: () => number = () => performance.now()): SilenceWatch {
  let known = new Map<string, Heard>();
  let lookedAt = 0;
  return {
    silent(workers) {
      const newest = new Map<string, number>();
      for (const { identity, lastHeartbeatAt } of workers)
        newest.set(identity, Math.max(newest.get(identity) ?? 0, Date.parse(lastHeartbeatAt)));
      const at = now();
      const next = new Map<string, Heard>();
      for (const [identity, told] of newest) {
        const before = known.get(identity);
        // One that is seen for the first time is given the benefit of the doubt: its clock may be behind.
        if (before === undefined) next.set(identity, { told, heardAt: at });
        else if (before.told === told) next.set(identity, before);
        else {
          // It spoke after we last looked, and by its own clock so long after its word before.
          const spoke = before.heardAt + (told - before.told);
          next.set(identity, { told, heardAt: Math.min(at, Math.max(lookedAt, spoke)) });
        }
      }
      [known, lookedAt] = [next, at];
      return new Set([...next].filter(([, { heardAt }]) => at - heardAt > SILENT_MS).map(([who]) => who));
    },
  };
}

/** Of a server or workers that tell nothing of this, nobody is silent. */
export function watchSilence(
  { workflowService }: Connection,
  namespace: string,
  taskQueue: string,
): () => Promise<ReadonlySet<string>> {
  const watch = createSilenceWatch();
  return async () => watch.silent((await workersOf(workflowService, namespace, taskQueue)) ?? []);
}
