/** The same change, guarded by a patch. */
import { patched, sleep } from '@temporalio/workflow';
import { agentRun as original } from '../../../workflows/agent-run.js';

export async function agentRun(input: Parameters<typeof original>[0]): ReturnType<typeof original> {
  if (patched('a-change')) await sleep(1);
  return original(input);
}
