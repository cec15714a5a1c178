/** The workflow as a build would have it that hands Temporal more than Temporal takes: 2 MB a value, 4 MB a message. */
import { proxyActivities } from '@temporalio/workflow';

const { keep } = proxyActivities<{ keep(text: string): Promise<void> }>({ startToCloseTimeout: '1 minute' });

export async function agentRun({ run }: { run: { goal: string } }): Promise<void> {
  await keep('x'.repeat(Number(run.goal)));
}
