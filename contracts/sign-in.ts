/** How people sign in here, for pages that have yet to do so. */
import { z } from 'zod';

export const signInWaysSchema = z.object({
  required: z.boolean().describe('False where whoever sits at the machine needs none.'),
  supabase: z
    .object({
      url: z.url().describe('Of the project, as browsers reach it; Auth is at `/auth/v1` there.'),
      anonKey: z.string().describe('Its anon (publishable) key, which is no secret.'),
    })
    .nullable()
    .describe('Where people sign in; null where there are only API keys, or tokens from elsewhere.'),
});
export type SignInWays = z.infer<typeof signInWaysSchema>;
