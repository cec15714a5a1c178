/** Runs that go on from another one: done again from where it failed, or otherwise from one of its steps. */
import { z } from 'zod';
import { jsonValueSchema } from './plan.js';
import { metadataSchema } from './runs.js';

const repeat = z.array(z.string().max(100)).max(1_000);

export const retryRunSchema = z.strictObject({
  /** Irreversible steps that may have been done, and may be done again. */
  repeat: repeat.optional(),
});
export type RetryRun = z.infer<typeof retryRunSchema>;

export const forkRunSchema = z.strictObject({
  /** Done anew with all that builds on it; what has completed beside and before them is reused. */
  fromStep: z.string().min(1).max(100),
  goal: z.string().max(20_000).trim().min(1, 'must not be empty').optional(),
  agent: z.string().min(1).max(100).optional(),
  /** Instead of that step's. */
  tool: z.string().min(1).max(100).optional(),
  args: z.record(z.string(), jsonValueSchema).optional(),
  metadata: metadataSchema.optional(),
  repeat: repeat.optional(),
});
export type ForkRun = z.infer<typeof forkRunSchema>;
