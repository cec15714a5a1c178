/** Changes the plan of a run under way, and says what it is then. */
import type { PlanStep } from '../../contracts/plan.js';
import { CliError, exitCodes } from './exit-codes.js';
import { readJson } from './go-on.js';
import { writeJson } from './output.js';
import { printable } from './printable.js';
import { withServer } from './server.js';

export async function changePlan(
  id: string,
  {
    put,
    remove,
    maxParallel,
    planVersion,
    json,
  }: { put?: string; remove?: string[]; maxParallel?: number; planVersion?: number; json?: true },
): Promise<void> {
  // What a step may be is for the server to say.
  const steps = put === undefined ? undefined : ([readJson(put, '--put')].flat() as unknown as PlanStep[]);
  const change = {
    ...(steps === undefined ? {} : { steps }),
    ...(remove === undefined ? {} : { remove }),
    ...(maxParallel === undefined ? {} : { maxParallel }),
  };
  if (Object.keys(change).length === 0)
    throw new CliError('say what to change: --put, --remove or --max-parallel', exitCodes.misused);
  await withServer(async (client, signal) => {
    const version = planVersion ?? (await client.get(id, { signal })).planVersion;
    const plan = await client.changePlan(id, change, version, { signal });
    if (json === true) writeJson(plan);
    else {
      const ids = plan.steps.map((step) => step.id).join(', ');
      process.stdout.write(`version ${version + 1} of the plan: ${printable(ids)}\n`);
    }
  });
}
