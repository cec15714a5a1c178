/** Makes an API key: the store gets its hash, and only the caller of this ever sees the key itself. */
import type { ApiKey, ApiKeyStore, NewApiKey } from '../../ports/api-key-store.js';
import { newApiKeyToken } from './api-key-token.js';

export interface CreatedApiKey {
  key: ApiKey;
  /** To be shown once. */
  token: string;
}

/** @throws PerdureError `store_unavailable`, `run_not_found` */
export async function createApiKey(
  store: ApiKeyStore,
  wanted: Omit<NewApiKey, 'id' | 'tokenHash' | 'prefix'>,
): Promise<CreatedApiKey> {
  const { id, token, hash, prefix } = newApiKeyToken();
  return { key: await store.create({ ...wanted, id, tokenHash: hash, prefix }), token };
}
