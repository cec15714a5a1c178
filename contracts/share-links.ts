/** Links that show one run to whoever has them, for a while. Times are ISO 8601 in UTC. */
import { z } from 'zod';

const DAY_SECONDS = 86_400;
const time = z.iso.datetime();

export const createShareLinkSchema = z.strictObject({
  /** A week unless told. */
  expiresInSeconds: z
    .int()
    .min(60)
    .max(30 * DAY_SECONDS)
    .default(7 * DAY_SECONDS),
});
export type CreateShareLink = z.input<typeof createShareLinkSchema>;

export const shareLinkSchema = z.object({
  id: z.uuid(),
  createdBy: z.string().describe('The subject that made it.'),
  createdAt: time,
  expiresAt: time,
  lastUsedAt: time.nullable().describe('True to the minute; null when nobody has used it.'),
  revokedAt: time.nullable(),
});
export type ShareLink = z.infer<typeof shareLinkSchema>;

export const shareLinkListSchema = z.object({
  shareLinks: z.array(shareLinkSchema).describe('Newest first, the revoked and expired ones too.'),
});
export type ShareLinkList = z.infer<typeof shareLinkListSchema>;

export const newShareLinkSchema = shareLinkSchema.extend({
  token: z
    .string()
    .describe('For programs: an API key of scope `read` that counts for this run only; never shown again.'),
  url: z
    .string()
    .nullable()
    .describe('The path of the console’s page with the token behind “#”; null where there is no console.'),
});
export type NewShareLink = z.infer<typeof newShareLinkSchema>;
