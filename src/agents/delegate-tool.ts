/** The tool `delegate`: a step that is a run of its own, by another agent or the same. The workflow carries it out. */
import { z } from 'zod';
import { agentNameSchema } from '../../contracts/agents.js';
import { budgetSchema } from '../../contracts/budgets.js';
import { PerdureError } from '../../contracts/errors.js';
import { DELEGATE_TOOL } from '../../contracts/loop-tools.js';
import { planSchema } from '../../contracts/plan.js';
import { defineTool, type Tool } from '../tools/tool.js';

export const delegateArgsSchema = z.strictObject({
  goal: z.string().trim().min(1).max(20_000),
  /** The same as of the run unless told. */
  agent: agentNameSchema.optional(),
  plan: planSchema.optional(),
  data: z.json().optional(),
  /** Files of the run that it is given copies of. */
  files: z.array(z.string().min(1).max(1024)).max(100).default([]),
  budget: budgetSchema.optional(),
});

export const delegateTool: Tool = defineTool({
  name: DELEGATE_TOOL,
  description:
    'Has a sub-agent reach a goal in a run of its own, with a workspace of its own: for a part of the work that can be ' +
    'told in a sentence. agent names who does it (the same as here unless told), who may call no tool that this agent ' +
    'may not; plan spares it making one; data is its inputs.data; files are copied to it. Output: {runId, result}.',
  args: delegateArgsSchema,
  effect: 'reversible',
  timeoutSeconds: 60,
  execute: () => Promise.reject(new PerdureError('tool_failed', 'a sub-agent can be a step of a plan only')),
});
