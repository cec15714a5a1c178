/** Calls of language models: for what, by which, and what they took. */
import { z } from 'zod';

/** What a model is asked for: to make a plan, to judge a step's end, or to carry out a step. */
export const modelRoles = ['planner', 'supervisor', 'tool'] as const;
export type ModelRole = (typeof modelRoles)[number];

/** What one call took. */
export const modelUsageSchema = z.object({
  model: z.string().describe('`provider:name` of the model that answered.'),
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  costUsd: z.number().min(0).nullable().describe('US dollars; null where the price is not known.'),
  durationMs: z.int().min(0),
});
export type ModelUsage = z.infer<typeof modelUsageSchema>;
