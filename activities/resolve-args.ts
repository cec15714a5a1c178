/** Puts earlier outputs and the inputs in the place of the references in a step's arguments. */
import { referringArgs } from '../contracts/check-plan.js';
import { PerdureError } from '../contracts/errors.js';
import type { StepOutput } from '../contracts/events.js';
import type { JsonValue, PlanStep } from '../contracts/plan.js';
import { findReferences, readPath, resolveReferences } from '../contracts/references.js';
import type { WorkspaceScope } from '../src/ports/workspace.js';
import type { ActivityDependencies } from './dependencies.js';
import { INPUTS_PATH, loadJson, loadOutput, outputsOf } from './step-output.js';

/**
 * @param known outputs that the log need not be asked for
 * @throws PerdureError `reference_unresolved`, `tool_limit_exceeded`, `store_unavailable`, `workspace_unavailable`
 */
export async function resolveArgs(
  deps: Pick<ActivityDependencies, 'log' | 'workspace'>,
  scope: WorkspaceScope,
  step: PlanStep,
  known: ReadonlyMap<string, StepOutput> = new Map(),
): Promise<Record<string, JsonValue>> {
  const args = referringArgs(step);
  const references = findReferences(args).map(({ reference }) => reference);
  if (references.length === 0) return step.args;

  const stepIds = [...new Set(references.flatMap((r) => (r.stepId === undefined ? [] : [r.stepId])))];
  const outputs = new Map<string, JsonValue>();
  const loaded = new Size('the outputs that the step refers to');
  for (const [id, output] of await outputsOf(deps.log, scope.runId, stepIds, known)) {
    if ('ref' in output) loaded.add(output.bytes);
    outputs.set(id, await loadOutput(deps.workspace, scope, output));
  }
  const inputs = references.some((r) => r.source === 'inputs')
    ? await loadJson(deps.workspace, scope, INPUTS_PATH)
    : null;

  const sizes = new Map<string, number>();
  const size = new Size('the arguments, references resolved,');
  const resolved = resolveReferences(args, (reference) => {
    // The paths begin with "data" and "output", as the plan's check has made sure.
    const root = reference.stepId === undefined ? inputs : outputs.get(reference.stepId);
    const found = readPath(root, reference.path.slice(1));
    if (found === undefined)
      throw new PerdureError('reference_unresolved', `${reference.raw} points at nothing`);
    // A few references to a large output, one output after the other, would grow without end.
    const bytes = sizes.get(reference.raw) ?? Buffer.byteLength(JSON.stringify(found));
    sizes.set(reference.raw, bytes);
    size.add(bytes);
    return found;
  }) as Record<string, JsonValue>;
  return { ...step.args, ...resolved };
}

/** Bytes of JSON that references may bring into one step's arguments. */
const MAX_BYTES = 64_000_000;

class Size {
  private bytes = 0;

  constructor(private readonly of: string) {}

  /** @throws PerdureError `tool_limit_exceeded` */
  add(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes <= MAX_BYTES) return;
    throw new PerdureError(
      'tool_limit_exceeded',
      `${this.of} have more than ${MAX_BYTES} bytes of JSON; pass large data in files`,
    );
  }
}
