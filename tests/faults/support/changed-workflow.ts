/** The workflow as a build would have it that was changed without a patch: it begins with a timer. */
import { sleep } from '@temporalio/workflow';

export async function agentRun(): Promise<void> {
  await sleep('1 hour');
}
