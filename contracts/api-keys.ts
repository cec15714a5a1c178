/** API keys as the HTTP API makes them. */
import { z } from 'zod';
import { scopes } from './principal.js';

export type { ApiKeyInfo } from './answers.js';

export const createApiKeySchema = z.strictObject({
  name: z.string().max(100).trim().min(1, 'must not be empty'),
  scope: z.enum(scopes).default('write'),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text).toISOString())
    .optional(),
});
