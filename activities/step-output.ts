/** Step outputs: small ones in their event, large ones as a workspace file that the event refers to. */
import { setTimeout as delay } from 'node:timers/promises';
import { PerdureError } from '../contracts/errors.js';
import type { StepOutput } from '../contracts/events.js';
import type { JsonValue } from '../contracts/plan.js';
import { SYSTEM_FOLDER } from '../contracts/workspace-path.js';
import type { EventLog } from '../src/ports/event-log.js';
import type { Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import { stepKeys } from './journal.js';

/** Bytes of JSON that an event carries itself. */
const INLINE_BYTES = 8_192;
const PREVIEW_CHARACTERS = 500;
/** Bytes of JSON that a step may put out. */
const MAX_OUTPUT_BYTES = 32_000_000;
/** Bytes of JSON that one reference may bring into a step's arguments. */
const MAX_RESOLVED_BYTES = 64_000_000;

/**
 * Keeps a value: in the answer itself when small, else under the path, with a preview.
 * @throws PerdureError `tool_failed`, `tool_limit_exceeded`, `workspace_unavailable`
 */
export async function storeOutput(
  workspace: Workspace,
  scope: WorkspaceScope,
  path: string,
  value: JsonValue,
  inlineBytes = INLINE_BYTES,
): Promise<StepOutput> {
  const json = jsonOf(value);
  const bytes = Buffer.byteLength(json);
  if (bytes <= inlineBytes) return { value };
  if (bytes > MAX_OUTPUT_BYTES)
    throw new PerdureError(
      'tool_limit_exceeded',
      `the output has ${bytes} bytes of JSON, at most ${MAX_OUTPUT_BYTES} are kept; write large data to files`,
    );
  await workspace.put(scope, path, json);
  return { ref: path, bytes, preview: json.slice(0, PREVIEW_CHARACTERS) };
}

/** The longest pause between two tries; with those before it about ten seconds. */
const PATIENCE_MS = 5_000;

/**
 * A step's output, in spite of an outage of some seconds.
 * @param isPatient whether it is tried more than once
 * @returns the last error instead of throwing it
 */
export async function storePatiently(
  workspace: Workspace,
  scope: WorkspaceScope,
  path: string,
  value: JsonValue,
  isPatient = true,
): Promise<StepOutput | PerdureError> {
  for (let pause = 250; ; pause *= 2)
    try {
      return await storeOutput(workspace, scope, path, value);
    } catch (error) {
      if (!(error instanceof PerdureError)) throw error;
      if (!error.retryable || !isPatient || pause > PATIENCE_MS) return error;
      await delay(pause);
    }
}

/** A tool of somebody's own may hand out anything. */
function jsonOf(value: JsonValue): string {
  try {
    // Of undefined and of functions it is undefined, whatever its type says.
    const json = JSON.stringify(value) as string | undefined;
    if (json !== undefined) return json;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    throw new PerdureError('tool_failed', `the output cannot be written as JSON: ${why}`, { cause: error });
  }
  throw new PerdureError('tool_failed', 'the output is no JSON value');
}

/** Keys in one question to the event log. */
const FIND_CHUNK = 500;

/** Of the steps that completed, by id; those that are known are not asked for. */
export async function outputsOf(
  log: EventLog,
  runId: string,
  stepIds: readonly string[],
  known: ReadonlyMap<string, StepOutput>,
): Promise<Map<string, StepOutput>> {
  const outputs = new Map<string, StepOutput>();
  const unknown: string[] = [];
  for (const id of stepIds) {
    const output = known.get(id);
    if (output === undefined) unknown.push(id);
    else outputs.set(id, output);
  }
  for (let i = 0; i < unknown.length; i += FIND_CHUNK)
    for (const event of await log.find(runId, unknown.slice(i, i + FIND_CHUNK).map(stepKeys.end)))
      if ((event.type === 'step.completed' || event.type === 'step.reused') && event.stepId !== undefined)
        outputs.set(event.stepId, event.output);
  return outputs;
}

export async function loadOutput(
  workspace: Workspace,
  scope: WorkspaceScope,
  output: StepOutput,
): Promise<JsonValue> {
  return 'value' in output ? output.value : loadJson(workspace, scope, output.ref);
}

/** @throws PerdureError `file_not_found`, `tool_limit_exceeded`, `workspace_unavailable` */
export async function loadJson(
  workspace: Workspace,
  scope: WorkspaceScope,
  path: string,
): Promise<JsonValue> {
  const { info, content } = await workspace.get(scope, path);
  if (info.bytes > MAX_RESOLVED_BYTES) {
    content.destroy();
    throw new PerdureError(
      'tool_limit_exceeded',
      `${path} has ${info.bytes} bytes, too many for a reference`,
    );
  }
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as JsonValue;
}

export const outputPath = (stepId: string, attempt: number): string =>
  `${SYSTEM_FOLDER}/outputs/${stepId}-${attempt}.json`;
/** What others are given to make a call with. @param name of the step, or of the call in it */
export const callPath = (name: string, attempt: number): string =>
  `${SYSTEM_FOLDER}/calls/${name}-${attempt}.json`;
export const INPUTS_PATH = `${SYSTEM_FOLDER}/inputs.json`;
export const RESULT_PATH = `${SYSTEM_FOLDER}/result.json`;
