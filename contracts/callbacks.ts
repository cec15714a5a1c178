/** Callbacks: addresses that wake a run which waits for an event. */
import { z } from 'zod';
import { jsonValueSchema } from './plan.js';

export const callbackQuerySchema = z.strictObject({ token: z.string().min(1).max(1_000) });
/** The event itself: any JSON. */
export const callbackBodySchema = jsonValueSchema;

export const callbackListSchema = z.object({
  callbacks: z.array(
    z.object({
      stepId: z.string(),
      name: z.string().describe('What is waited for, as the plan says.'),
      url: z
        .string()
        .describe('A path on the server. Whoever has it may send the event, once, without signing in.'),
      requestedAt: z.iso.datetime(),
      expiresAt: z.iso.datetime().nullable().describe('Until when it is waited for; null for ever.'),
    }),
  ),
});
export type CallbackList = z.infer<typeof callbackListSchema>;

export const callbackAnswerSchema = z.object({ accepted: z.literal(true) });
