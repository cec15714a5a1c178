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
  /** The one run that it may read. */
  runId?: string;
  /** ISO 8601; null for a key that does not expire. */
  expiresAt: string | null;
}

/** Times are ISO 8601 in UTC. */
export interface ApiKey extends Omit<NewApiKey, 'tokenHash' | 'runId'> {
  /** Null for a key of the whole tenant. */
  runId: string | null;
  createdAt: string;
  /** True to the minute; null when it was never used. */
  lastUsedAt: string | null;
  revokedAt: string | null;
}

/** Every method throws PerdureError `store_unavailable` when the database cannot be reached. */
export interface ApiKeyStore {
  /** @throws PerdureError `run_not_found` where the run is not the tenant's */
  create(key: NewApiKey): Promise<ApiKey>;
  /** The key of this hash, noted as used now; null when it is unknown, revoked or expired. */
  find(tokenHash: string): Promise<ApiKey | null>;
  /** Null when the tenant has no such key. */
  get(tenantId: string, keyId: string): Promise<ApiKey | null>;
  /** Those of one run, newest first, the revoked and expired ones too. */
  listOfRun(tenantId: string, runId: string): Promise<ApiKey[]>;
  /** Whose a key was that is revoked or expired; null for any other. */
  former(tokenHash: string): Promise<Pick<ApiKey, 'id' | 'tenantId'> | null>;
  /** All of a tenant but those of single runs, newest first, the revoked and expired ones too. */
  list(tenantId: string): Promise<ApiKey[]>;
  /** False when the tenant has no such key; a second time changes nothing. */
  revoke(tenantId: string, keyId: string): Promise<boolean>;
}
