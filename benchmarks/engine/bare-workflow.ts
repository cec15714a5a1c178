/** The floor: the same eight steps as regular activities that do nothing, and nothing else. */
import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities } from './bare-worker.js';

const { noop } = proxyActivities<BareActivities>({ startToCloseTimeout: '60s' });

/** @returns how many activities have completed */
export async function bareRun(): Promise<number> {
  let done = 0;
  const step = async (name: string): Promise<void> => {
    await noop(name);
    done += 1;
  };
  await step('plan');
  for (const tool of ['a', 'b', 'c']) {
    await step(tool);
    await step('supervise');
  }
  await step('finish');
  return done;
}
