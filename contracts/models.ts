/** Calls of language models: by which, and what they took. */
import { z } from 'zod';

/** What one call took. */
export const modelUsageSchema = z.object({
  model: z.string().describe('`provider:name` of the model that answered.'),
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  costUsd: z.number().min(0).nullable().describe('US dollars; null where the price is not known.'),
  durationMs: z.int().min(0),
});
export type ModelUsage = z.infer<typeof modelUsageSchema>;
