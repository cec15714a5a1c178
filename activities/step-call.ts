/** What a step's tool is given: what a person has approved, and nothing else. */
import type { RunToolInput } from '../contracts/activities.js';
import { PerdureError } from '../contracts/errors.js';
import type { StepOutput } from '../contracts/events.js';
import type { JsonValue } from '../contracts/plan.js';
import type { Tool } from '../src/tools/tool.js';
import type { ActivityDependencies } from './dependencies.js';
import { hashOf } from './request-approval.js';
import { resolveArgs } from './resolve-args.js';

type Approved = RunToolInput['approved'];

export interface StepCall {
  tool: Tool;
  /** As the tool takes them. */
  args: unknown;
  /** The same before its schema has read them. */
  given: Record<string, JsonValue>;
}

/**
 * @param known outputs that the log need not be asked for
 * @throws PerdureError `tool_unavailable`, `tool_invalid_args`, `approval_stale`, and what resolveArgs throws
 */
export async function stepCall(
  deps: Pick<ActivityDependencies, 'log' | 'workspace' | 'tools'>,
  input: Pick<RunToolInput, 'runId' | 'tenantId' | 'step' | 'approved'>,
  known?: ReadonlyMap<string, StepOutput>,
): Promise<StepCall> {
  const { step, approved } = input;
  const tool = deps.tools.get(step.tool);
  if (tool === undefined)
    throw new PerdureError('tool_unavailable', `this worker has no tool "${step.tool}"`);
  const args = approved?.args ?? approvedArgs(approved, await resolveArgs(deps, input, step, known));
  return { tool, args: deps.tools.parseArgs(tool, args), given: args };
}

/** @param asked for by the plan or the model. @throws PerdureError `approval_stale` */
export function approvedArgs(
  approved: Approved,
  asked: Record<string, JsonValue>,
): Record<string, JsonValue> {
  if (approved?.args !== undefined) return approved.args;
  if (approved !== undefined && hashOf(asked) !== approved.argsHash)
    throw new PerdureError('approval_stale', 'the arguments are not those that were approved');
  return asked;
}
