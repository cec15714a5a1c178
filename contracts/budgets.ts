/** Budgets: what a run may use up, and what comes of it when that is used up. */
import { z } from 'zod';
import { budgetLimits } from './budget-limits.js';

const limits = {
  maxSteps: z.int().min(1).max(1_000_000).optional().describe('Steps that are begun.'),
  maxTokens: z.int().min(1).max(1_000_000_000_000).optional().describe('Of models, read and written.'),
  maxCostUsd: z.number().positive().max(1_000_000).optional().describe('US dollars, by list prices.'),
  maxSeconds: z
    .int()
    .min(1)
    .max(31_536_000)
    .optional()
    .describe('From the run’s start on; while it is paused they do not count.'),
};
const hasLimit = (given: { [Name in keyof typeof limits]?: unknown }): boolean =>
  Object.keys(limits).some((name) => given[name as keyof typeof limits] !== undefined);
const noLimit = 'must have at least one of maxSteps, maxTokens, maxCostUsd and maxSeconds';
/** The same for the document of the API. */
const oneLimit = { anyOf: Object.keys(limits).map((name) => ({ required: [name] })) };

export const budgetSchema = z
  .strictObject({
    ...limits,
    /** Fail unless told. */
    onExhausted: z.enum(['fail', 'pause']).optional(),
  })
  .refine(hasLimit, noLimit)
  .meta(oneLimit);
export type Budget = z.infer<typeof budgetSchema>;

/** As a run's record has it. */
export const budgetStateSchema = z.object({
  ...limits,
  onExhausted: z.enum(['fail', 'pause']).optional(),
  exhausted: z.enum(budgetLimits).optional().describe('The limit that is reached.'),
});
export type BudgetState = z.infer<typeof budgetStateSchema>;

/** Limits that take the place of those before. */
export const topUpSchema = z.strictObject(limits).refine(hasLimit, noLimit).meta(oneLimit);
export type TopUp = z.infer<typeof topUpSchema>;
