/** API keys as the HTTP API makes and shows them. */
import { z } from 'zod';
import { scopes, type Scope } from './principal.js';

export const createApiKeySchema = z.strictObject({
  name: z.string().trim().min(1, 'must not be empty').max(100),
  scope: z.enum(scopes).default('write'),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text).toISOString())
    .optional(),
});

/** Times are ISO 8601 in UTC. */
export interface ApiKeyInfo {
  id: string;
  name: string;
  scope: Scope;
  /** How the key begins. */
  prefix: string;
  /** The subject that made it. */
  createdBy: string;
  createdAt: string;
  /** Null for a key that does not expire. */
  expiresAt: string | null;
  /** True to the minute; null when it was never used. */
  lastUsedAt: string | null;
  revokedAt: string | null;
}
