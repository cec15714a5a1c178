/** Puts earlier outputs and the inputs in the place of the references in a step's arguments. */
import { PerdureError } from '../contracts/errors.js';
import type { JsonValue, PlanStep } from '../contracts/plan.js';
import { findReferences, readPath, resolveReferences } from '../contracts/references.js';
import type { WorkspaceScope } from '../src/ports/workspace.js';
import type { ActivityDependencies } from './dependencies.js';
import { stepKeys } from './journal.js';
import { INPUTS_PATH, loadJson, loadOutput } from './step-output.js';

/** @throws PerdureError `reference_unresolved`, `store_unavailable`, `workspace_unavailable` */
export async function resolveArgs(
  deps: Pick<ActivityDependencies, 'log' | 'workspace'>,
  scope: WorkspaceScope,
  step: PlanStep,
): Promise<Record<string, JsonValue>> {
  const references = findReferences(step.args).map(({ reference }) => reference);
  if (references.length === 0) return step.args;

  const stepIds = [...new Set(references.flatMap((r) => (r.stepId === undefined ? [] : [r.stepId])))];
  const outputs = new Map<string, JsonValue>();
  if (stepIds.length > 0)
    for (const event of await deps.log.find(scope.runId, stepIds.map(stepKeys.end)))
      if (event.type === 'step.completed' && event.stepId !== undefined)
        outputs.set(event.stepId, await loadOutput(deps.workspace, scope, event.output));
  const inputs = references.some((r) => r.source === 'inputs')
    ? await loadJson(deps.workspace, scope, INPUTS_PATH)
    : null;

  return resolveReferences(step.args, (reference) => {
    // The paths begin with "data" and "output", as the plan's check has made sure.
    const root = reference.stepId === undefined ? inputs : outputs.get(reference.stepId);
    const found = readPath(root, reference.path.slice(1));
    if (found === undefined)
      throw new PerdureError('reference_unresolved', `${reference.raw} points at nothing`);
    return found;
  }) as Record<string, JsonValue>;
}
