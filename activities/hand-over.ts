/** A call as it is handed to workers of tools: what it is given goes by a file where it is large. */
import type { ToolCall, GivenToTool } from '../contracts/tool-calls.js';
import type { Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import type { Tool } from '../src/tools/tool.js';
import { callPath } from './step-output.js';

/** Bytes of JSON that the call carries itself; Temporal takes 2 MB with all else. */
const INLINE_BYTES = 32_768;

export async function handOver(
  workspace: Workspace,
  scope: WorkspaceScope,
  of: Omit<ToolCall, 'tool' | 'effect' | 'timeoutSeconds' | 'given'> & {
    tool: Tool;
    given: GivenToTool;
    /** Of the call, in its run. */
    name: string;
  },
): Promise<ToolCall> {
  const { tool, given, name, ...call } = of;
  const { effect, timeoutSeconds } = tool;
  const json = JSON.stringify(given);
  const bytes = Buffer.byteLength(json);
  const traits = { ...call, tool: tool.name, effect, timeoutSeconds };
  if (bytes <= INLINE_BYTES) return { ...traits, given: { value: { ...given } } };
  const ref = callPath(name, call.attempt);
  await workspace.put(scope, ref, json);
  return { ...traits, given: { ref, bytes, preview: '' } };
}
