/** Runs that have ended, or should have: how, and what does not hold of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client as TemporalClient } from '@temporalio/client';
import { workflowIdOf } from '../../../contracts/messages.js';
import { isTerminal, type Client, type RunEvent } from '../../../src/client/client.js';
import type { Counter } from './counter.js';
import { violations } from './invariants.js';

/** Milliseconds that a run gets to end. */
export const PATIENCE_MS = 600_000;
/** Milliseconds that a workflow gets to close after its run's end. */
const CLOSED_MS = 60_000;

export interface EndedRuns {
  byStatus: Record<string, number>;
  /** Sentences; none where all invariants hold. */
  violations: string[];
}

/** @param acts which a run's steps did, by what its metadata calls it */
export async function judgeRuns(
  { client, temporal, acts }: { client: Client; temporal: TemporalClient; acts: Pick<Counter, 'of'> },
  ids: readonly string[],
): Promise<EndedRuns> {
  const broken: string[] = [];
  const byStatus: Record<string, number> = {};
  for (const id of ids) {
    const run = await persistently(() => client.get(id));
    byStatus[run.status] = (byStatus[run.status] ?? 0) + 1;
    if (!isTerminal(run.status)) {
      const { sentence } = await client.why(id);
      broken.push(`${id}: ${run.status} after ${PATIENCE_MS / 1_000} s: ${sentence}`);
      continue;
    }
    const events: RunEvent[] = [];
    for await (const event of client.events(id)) if ('seq' in event) events.push(event);
    const workflow = await endOf(temporal, id);
    broken.push(...violations({ run, events, workflow, acts: acts.of(run.metadata.storm ?? '') }));
  }
  return { byStatus, violations: broken };
}

/** Repeats what fails while a back end is away. */
export async function persistently<Value>(act: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1)
    try {
      return await act();
    } catch (error) {
      if (tries >= 60) throw error;
      await sleep(1_000);
    }
}

/** Resolves when it has ended, or its time is over. */
export async function untilEnded(client: Client, id: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
    const { status } = await persistently(() => client.get(id));
    if (isTerminal(status)) return;
    await sleep(1_000);
  }
}

/** The log has a run's end before its workflow has: the task that wrote it may have been lost with its worker. */
async function endOf(temporal: TemporalClient, id: string): Promise<string> {
  const handle = temporal.workflow.getHandle(workflowIdOf(id));
  for (const deadline = Date.now() + CLOSED_MS; ;) {
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING' || Date.now() > deadline) return status.name.toLowerCase();
    await sleep(500);
  }
}
