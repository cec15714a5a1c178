/** The workflow with a change that nothing guards: runs that began before it cannot go on. */
import { sleep } from '@temporalio/workflow';
import { agentRun as original } from '../../../workflows/agent-run.js';

export async function agentRun(input: Parameters<typeof original>[0]): ReturnType<typeof original> {
  await sleep(1);
  return original(input);
}
