/**
 * Ends the process when its event loop stands still: a tool that spins there takes the heartbeats of all others with
 * it, and nobody inside could say so.
 */
import { Worker } from 'node:worker_threads';
import type { Info } from '@temporalio/activity';
import type { ActivityListener } from './heartbeat.js';

export interface Watchdog extends ActivityListener {
  stop(): Promise<void>;
}

/** More than the heartbeat time-out: by then Temporal has given away all that the process holds. */
const STANDSTILL_MS = 8_000;
const BEAT_MS = 200;

/** @param json whether the log of the process is lines of JSON on standard output; else it speaks to a person */
export function startWatchdog({ json }: { json: boolean }): Watchdog {
  const beats = new SharedArrayBuffer(4);
  const count = new Int32Array(beats);
  const thread = new Worker(new URL('./watchdog-thread.mjs', import.meta.url), {
    workerData: { beats, limitMs: STANDSTILL_MS, json },
    stdout: false,
    stderr: false,
  });
  thread.unref();
  const timer = setInterval(() => Atomics.add(count, 0, 1), BEAT_MS);
  timer.unref();
  const ids = new Map<Info, number>();
  let last = 0;
  return {
    began(activity) {
      last += 1;
      ids.set(activity, last);
      thread.postMessage({ began: last, words: wordsOf(activity) });
    },
    ended(activity) {
      thread.postMessage({ ended: ids.get(activity) });
      ids.delete(activity);
    },
    async stop() {
      clearInterval(timer);
      await thread.terminate();
    },
  };
}

const wordsOf = ({ activityId, activityType, attempt, workflowExecution }: Info): string =>
  `${activityType} ${activityId} (attempt ${attempt}) of ${workflowExecution?.workflowId ?? 'no workflow'}`;
