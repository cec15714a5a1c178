/** Agents: who carries a goal out, with which instructions, models and tools. */
import { z } from 'zod';
import { answerSchemaProblem } from './answer-schema.js';
import { budgetSchema, type Budget } from './budgets.js';
import { approvalPolicies, type ApprovalPolicy } from './approvals.js';
import type { ModelRole } from './models.js';

export const DEFAULT_AGENT = 'default';

const modelName = z.string().regex(/^[a-z][a-z0-9-]*:\S+$/, 'must be provider:model');
/** One, or several of which the later are asked where the one before does not answer. */
const modelNames = z.union([modelName, z.array(modelName).min(1).max(10)]);

export const agentNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, "_" or "-"');

function checkSchema(schema: Record<string, unknown>, refinement: z.RefinementCtx): void {
  const problem = answerSchemaProblem(schema);
  if (problem !== undefined) refinement.addIssue({ code: 'custom', message: problem });
}

/** A file of agents/: what is not there is as of the default. */
export const agentFileSchema = z.strictObject({
  /** The file's name unless told. */
  name: agentNameSchema.optional(),
  description: z.string().max(500).trim().min(1),
  instructions: z.string().max(50_000).trim().min(1).optional(),
  models: z
    .strictObject({
      planner: modelNames.optional(),
      supervisor: modelNames.optional(),
      tool: modelNames.optional(),
    })
    .optional(),
  /** Names of tools; one that ends in `*` stands for all that begin so. All tools unless told. */
  tools: z.array(z.string().min(1).max(100)).min(1).optional(),
  maxSteps: z.int().min(1).max(200).optional(),
  /** What its supervisor may do in one run. */
  supervision: z
    .strictObject({
      /** Changes of the plan and questions to people. */
      maxChanges: z.int().min(0).max(100).optional(),
      /** Steps that it adds. */
      maxSteps: z.int().min(0).max(200).optional(),
    })
    .optional(),
  /** Of each of its runs; a run's own limits go before. */
  budget: budgetSchema.optional(),
  /** What of its runs needs a person's word, at the least; a run may ask for more. */
  approvals: z.enum(approvalPolicies).optional(),
  /** The JSON schema that the result of each of its runs fits. */
  output: z.record(z.string(), z.unknown()).superRefine(checkSchema).optional(),
  /** Hosts that its models may have read without asking, beside those that the goal names. */
  hosts: z
    .array(z.string().regex(/^(?:\*|(?:\*\.)?[\w.:[\]-]+)$/, 'must be host, host:port, *.host or *'))
    .optional(),
});
export type AgentFile = z.infer<typeof agentFileSchema>;

/** An agent whose every part is known. */
export interface Agent {
  name: string;
  description: string;
  /** May be empty. */
  instructions: string;
  models: Record<ModelRole, string[]>;
  /** All that it may call, by name. */
  tools: string[];
  maxSteps: number;
  /** Its supervisor's limits in one run: changes of the plan and questions, and steps that it adds. */
  supervision: { maxChanges: number; maxSteps: number };
  budget?: Budget;
  approvals: ApprovalPolicy;
  hosts: string[];
  /** Null where the result may be anything. */
  output: Record<string, unknown> | null;
}
