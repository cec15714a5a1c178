/** What a run comes to: the output of the steps that nothing builds on, or what a model has made of it. */
import type { RunScope } from '../contracts/run-scope.js';
import type { StepOutput } from '../contracts/events.js';
import type { JsonValue } from '../contracts/plan.js';
import { SYSTEM_FOLDER } from '../contracts/workspace-path.js';
import type { Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import type { ActivityDependencies } from './dependencies.js';
import { draftsOf } from './kept-files.js';
import { loadJson, outputsOf, RESULT_PATH, storeOutput } from './step-output.js';

/** Bytes of JSON that the run's record carries as its result. */
const INLINE_RESULT_BYTES = 64_000;
/** Of what a model has brought into shape. */
const MENDED = 'result';

export async function keepMended(
  workspace: Workspace,
  scope: WorkspaceScope,
  result: JsonValue,
): Promise<void> {
  await draftsOf(workspace, scope).keep(MENDED, { result });
}

/** Null where no model has mended it. */
export const mendedResult = (
  workspace: Workspace,
  scope: WorkspaceScope,
): Promise<{ result: JsonValue } | null> => draftsOf(workspace, scope).load(MENDED);

/** The run's result, a single output that is large as its value. */
export async function wholeResult(
  deps: Pick<ActivityDependencies, 'log' | 'workspace'>,
  scope: Omit<RunScope, 'unsent'>,
  steps: string[],
): Promise<JsonValue> {
  const result = await resultOf(deps, scope, steps, new Map());
  const { ref } = typeof result === 'object' && result !== null && !Array.isArray(result) ? result : {};
  const isStored = typeof ref === 'string' && ref.startsWith(`${SYSTEM_FOLDER}/outputs/`);
  return isStored ? loadJson(deps.workspace, scope, ref) : result;
}

/**
 * The output of the one step that nothing builds on, or an object of all such steps' outputs by id; a large
 * output is `{ref, bytes, preview}`.
 */
export async function resultOf(
  deps: Pick<ActivityDependencies, 'log' | 'workspace'>,
  scope: Omit<RunScope, 'unsent'>,
  steps: string[],
  known: ReadonlyMap<string, StepOutput>,
): Promise<JsonValue> {
  const outputs: Record<string, JsonValue> = {};
  for (const [id, output] of await outputsOf(deps.log, scope.runId, steps, known))
    outputs[id] = 'value' in output ? output.value : output;
  const [only] = steps.length === 1 ? Object.values(outputs) : [];
  return only === undefined ? outputs : only;
}

/** What the record carries of a result: a large one is `{ref, bytes, preview}`. */
export async function storedResult(
  deps: Pick<ActivityDependencies, 'workspace'>,
  scope: WorkspaceScope,
  result: JsonValue,
): Promise<JsonValue> {
  const output = await storeOutput(deps.workspace, scope, RESULT_PATH, result, INLINE_RESULT_BYTES);
  return 'value' in output ? output.value : output;
}
