/** API keys as the database holds them: never the key itself, only its hash. */
import type { Principal } from '../../contracts/principal.js';

export interface NewApiKey {
  id: string;
  tenantId: string;
  name: string;
  scope: Principal['scope'];
  /** SHA-256 of the whole key, as 64 lower-case hex digits. */
  tokenHash: string;
  /** How the key begins, so that people recognise it. */
  prefix: string;
  /** The subject that made it. */
  createdBy: string;
  /** ISO 8601; null for a key that does not expire. */
  expiresAt: string | null;
}

/** Times are ISO 8601 in UTC. */
export interface ApiKey extends Omit<NewApiKey, 'tokenHash'> {
  createdAt: string;
  /** True to the minute; null when it was never used. */
  lastUsedAt: string | null;
  revokedAt: string | null;
}

/** Every method throws PerdureError `store_unavailable` when the database cannot be reached. */
export interface ApiKeyStore {
  create(key: NewApiKey): Promise<ApiKey>;
  /** The key of this hash, noted as used now; null when it is unknown, revoked or expired. */
  find(tokenHash: string): Promise<ApiKey | null>;
  /** All of a tenant, newest first, the revoked and expired ones too. */
  list(tenantId: string): Promise<ApiKey[]>;
  /** False when the tenant has no such key; a second time changes nothing. */
  revoke(tenantId: string, keyId: string): Promise<boolean>;
}
