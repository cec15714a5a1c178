/** Puts earlier outputs and the inputs in the place of the references in a step's arguments. */
import { PerdureError } from '../contracts/errors.js';
import type { StepOutput } from '../contracts/events.js';
import type { JsonValue, PlanStep } from '../contracts/plan.js';
import { findReferences, readPath, resolveReferences } from '../contracts/references.js';
import type { WorkspaceScope } from '../src/ports/workspace.js';
import type { ActivityDependencies } from './dependencies.js';
import { INPUTS_PATH, loadJson, loadOutput, outputsOf } from './step-output.js';

/**
 * @param known outputs that the log need not be asked for
 * @throws PerdureError `reference_unresolved`, `store_unavailable`, `workspace_unavailable`
 */
export async function resolveArgs(
  deps: Pick<ActivityDependencies, 'log' | 'workspace'>,
  scope: WorkspaceScope,
  step: PlanStep,
  known: ReadonlyMap<string, StepOutput> = new Map(),
): Promise<Record<string, JsonValue>> {
  const references = findReferences(step.args).map(({ reference }) => reference);
  if (references.length === 0) return step.args;

  const stepIds = [...new Set(references.flatMap((r) => (r.stepId === undefined ? [] : [r.stepId])))];
  const outputs = new Map<string, JsonValue>();
  for (const [id, output] of await outputsOf(deps.log, scope.runId, stepIds, known))
    outputs.set(id, await loadOutput(deps.workspace, scope, output));
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
