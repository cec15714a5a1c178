/** What a run was given as `inputs.data`, as its workspace keeps it. */
import { text } from 'node:stream/consumers';
import { PerdureError } from '../../contracts/errors.js';
import type { JsonValue } from '../../contracts/plan.js';
import type { RunHead } from '../../contracts/runs.js';
import type { ApiContext } from './context.js';

const INPUTS_PATH = '.perdure/inputs.json';

/** @returns undefined where there was none. @throws PerdureError `workspace_unavailable` */
export async function inputsOf(
  { workspace }: Pick<ApiContext, 'workspace'>,
  { tenantId, id: runId }: Pick<RunHead, 'tenantId' | 'id'>,
): Promise<JsonValue | undefined> {
  try {
    const { content } = await workspace.get({ tenantId, runId }, INPUTS_PATH);
    return JSON.parse(await text(content)) as JsonValue;
  } catch (error) {
    if (error instanceof PerdureError && error.code === 'file_not_found') return undefined;
    throw error;
  }
}
