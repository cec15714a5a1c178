/** The floors: the same steps as regular activities that do nothing, and nothing else. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  condition,
  defineUpdate,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { BareActivities } from './bare-worker.js';

const { noop } = proxyActivities<BareActivities>({ startToCloseTimeout: '60s' });

const status = defineSearchAttributeKey('RunStatus', SearchAttributeType.KEYWORD);

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

/** A run of two steps that waits for a word before the first one, and says in the lists of Temporal that it does. */
export async function bareWaiting(): Promise<void> {
  let isApproved = false;
  setHandler(defineUpdate('approve'), () => {
    isApproved = true;
  });
  await noop('plan');
  upsertSearchAttributes([{ key: status, value: 'waiting' }]);
  await condition(() => isApproved);
  for (const step of ['asked', 'supervise', 'after', 'supervise', 'finish']) await noop(step);
}
