/** The floor of a first event: one local activity, and nothing else. */
import { proxyLocalActivities } from '@temporalio/workflow';
import type { BareEventActivities } from './bare-events.js';

const { begin } = proxyLocalActivities<BareEventActivities>({ startToCloseTimeout: '60s' });

export async function bareEventRun(id: string): Promise<void> {
  await begin(id);
}
