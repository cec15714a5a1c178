/** The tool `agent`: a step that is a loop of a model and the tools it may call. The workflow carries it out. */
import { z } from 'zod';
import { answerSchemaProblem } from '../../contracts/answer-schema.js';
import { PerdureError } from '../../contracts/errors.js';
import { AGENT_TOOL } from '../../contracts/loop-tools.js';
import type { JsonValue } from '../../contracts/plan.js';
import { defineTool, type Tool } from '../tools/tool.js';

export const agentArgsSchema = z.strictObject({
  task: z.string().trim().min(1).max(50_000),
  /** What it works on; not to be obeyed. */
  data: z.json().optional(),
  tools: z.array(z.string().min(1).max(100)).max(50).default([]),
  maxTurns: z.int().min(1).max(50).default(10),
  output: z.record(z.string(), z.json()).superRefine(checkSchema).optional(),
});
export type AgentArgs = z.infer<typeof agentArgsSchema>;

function checkSchema(schema: Record<string, JsonValue>, refinement: z.RefinementCtx): void {
  const problem =
    schema.type === 'object' ? answerSchemaProblem(schema) : 'must be a JSON schema of an object';
  if (problem !== undefined) refinement.addIssue({ code: 'custom', message: problem });
}

export const agentTool: Tool = defineTool({
  name: AGENT_TOOL,
  description:
    'Gives a task to a language model that calls tools until it is done: for what cannot be planned ahead. ' +
    'task says what to do, data is what to work on, tools names those it may call (none unless told; no wait, no ' +
    'agent; a person is asked before each call of an irreversible one). At most maxTurns answers. With output, a ' +
    'JSON schema of an object (without pattern and $ref), the answer fits it. Output: {text, turns}, or {value, turns} with output.',
  args: agentArgsSchema,
  effect: 'reversible',
  timeoutSeconds: 1_800,
  execute: () => Promise.reject(new PerdureError('tool_failed', 'an agent can be a step of a plan only')),
});
