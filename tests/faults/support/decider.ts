/** The person who is asked what became of an act, and looks: at the counter, which was told of each. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../../src/client/client.js';

export interface Decider {
  /** Outcomes decided so far. */
  decided(): number;
  stop(): void;
  done: Promise<void>;
}

/** @param hasActed whether the step of the run that goes by that name did what it was to do */
export function startDecider(client: Client, hasActed: (run: string, step: string) => boolean): Decider {
  const stopped = new AbortController();
  const isOn = (): boolean => !stopped.signal.aborted;
  let decided = 0;
  const look = async (): Promise<void> => {
    const { approvals } = await client.approvals.list({ status: 'pending', limit: 200 });
    for (const { runId, id, kind, args } of approvals) {
      if (kind !== 'outcome') throw new Error(`${runId} asks for ${id}, which no run of these does`);
      const key = typeof args?.key === 'string' ? args.key : '';
      const [run = '', step = ''] = key.split('/');
      await client.approvals.decide(runId, id, {
        decision: 'approve',
        ...(hasActed(run, step) ? { output: key } : {}),
      });
      decided += 1;
    }
  };
  const loop = async (): Promise<void> => {
    while (isOn()) {
      // An outage, a worker that is just being killed, or an approval that was decided already: it is looked again.
      await look().catch(() => undefined);
      await sleep(500, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  return {
    decided: () => decided,
    stop: () => {
      stopped.abort();
    },
    done: loop(),
  };
}
