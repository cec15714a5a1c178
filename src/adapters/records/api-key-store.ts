/** ApiKeyStore over the migrations' functions. */
import type { ApiKey, ApiKeyStore } from '../../ports/api-key-store.js';
import type { SqlFunctions } from './sql-functions.js';

export function createApiKeyStore(sql: SqlFunctions): ApiKeyStore {
  return {
    async create(key) {
      return (await sql.call('create_api_key', { p_key: key })) as ApiKey;
    },

    async find(tokenHash) {
      return (await sql.call('find_api_key', { p_token_hash: tokenHash })) as ApiKey | null;
    },

    async list(tenantId) {
      return (await sql.call('list_api_keys', { p_tenant_id: tenantId })) as ApiKey[];
    },

    async revoke(tenantId, keyId) {
      return (await sql.call('revoke_api_key', { p_tenant_id: tenantId, p_key_id: keyId })) as boolean;
    },
  };
}
