/**
 * The beginning of a run that goes on from another one: its files, and the ends of the steps that are reused. Their
 * tools are not called, and the log says so: `step.reused` names the run that they ran in. Done again, it goes on where
 * it was.
 */
import { cancellationSignal } from '@temporalio/activity';
import type { ReuseRunInput } from '../contracts/activities.js';
import { PerdureError } from '../contracts/errors.js';
import type { NewEvent, RunEvent } from '../contracts/events.js';
import { SYSTEM_FOLDER } from '../contracts/workspace-path.js';
import type { Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal, now, stepKeys } from './journal.js';
import { beginning, noteFiles } from './run-ends.js';
import { INPUTS_PATH } from './step-output.js';

/** Ends of steps in one question to the log, and in one append. */
const CHUNK = 100;

export async function reuseRun(deps: ActivityDependencies, input: ReuseRunInput): Promise<void> {
  const { runId, tenantId, plan, reused } = input;
  const { from, statuses } = reused;
  const steps = (plan?.steps ?? []).map(({ id }) => id).filter((_, i) => statuses[i] === 'c');
  const journal = new Journal(deps, input, input.run);
  await journal.append(...(await beginning(deps, { ...input, inputsData: null })));
  await copyFiles(deps.workspace, { tenantId, runId: from }, { tenantId, runId });
  for (let i = 0; i < steps.length; i += CHUNK) {
    cancellationSignal().throwIfAborted();
    const chunk = steps.slice(i, i + CHUNK);
    const ends = await deps.log.find(from, chunk.map(stepKeys.end));
    const byStep = new Map(ends.map((event) => [event.stepId, event]));
    await journal.append(...chunk.map((stepId) => reusedEnd(stepId, from, byStep.get(stepId))));
  }
  await noteFiles(deps, { tenantId, runId });
}

function reusedEnd(stepId: string, from: string, end: RunEvent | undefined): NewEvent {
  if (end?.type !== 'step.completed' && end?.type !== 'step.reused')
    throw new PerdureError(
      'reference_unresolved',
      `the output of the step "${stepId}" of the run ${from} is not kept any more`,
    );
  return {
    type: 'step.reused',
    key: stepKeys.end(stepId),
    at: now(),
    stepId,
    data: { output: end.output, fromRunId: end.type === 'step.reused' ? end.fromRunId : from },
  };
}

/** As they stand: what steps that are done anew have written is theirs to write again. */
async function copyFiles(workspace: Workspace, from: WorkspaceScope, to: WorkspaceScope): Promise<void> {
  const there = new Map((await workspace.list(to, { system: true })).map(({ path, bytes }) => [path, bytes]));
  for (const { path, bytes } of await workspace.list(from, { system: true })) {
    cancellationSignal().throwIfAborted();
    const isOurs = path.startsWith(`${SYSTEM_FOLDER}/`);
    if (isOurs && path !== INPUTS_PATH && !path.startsWith(`${SYSTEM_FOLDER}/outputs/`)) continue;
    if (there.get(path) === bytes) continue;
    try {
      await workspace.put(to, path, (await workspace.get(from, path)).content);
    } catch (error) {
      // Deleted since it was listed.
      if (!(error instanceof PerdureError) || error.code !== 'file_not_found') throw error;
    }
  }
}
