/** The workflow bundle, told what its sandbox cannot see: whether payloads are sealed. */
import { readFile } from 'node:fs/promises';
import type { WorkerOptions } from '@temporalio/worker';
import { SEALING, type Sealing } from '../../contracts/sealing.js';

export async function workflowBundle(
  codePath: string,
  sealing: Sealing | null,
): Promise<NonNullable<WorkerOptions['workflowBundle']>> {
  if (sealing === null) return { codePath };
  const code = await readFile(codePath, 'utf8');
  // On the first line, so that the lines of its source map hold.
  return { code: `globalThis.${SEALING} = ${JSON.stringify(sealing)};${code}` };
}
