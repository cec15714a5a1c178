/** ApiKeyStore over the migrations' functions. */
import { PerdureError } from '../../../contracts/errors.js';
import type { ApiKey, ApiKeyStore } from '../../ports/api-key-store.js';
import type { SqlFunctions } from './sql-functions.js';

/** Of anything else the database would only say that it is none. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createApiKeyStore(sql: SqlFunctions): ApiKeyStore {
  return {
    async create(key) {
      const created = (await sql.call('create_api_key', { p_key: key })) as ApiKey | null;
      if (created === null)
        throw new PerdureError('run_not_found', `there is no run ${JSON.stringify(key.runId)}`);
      return created;
    },

    async find(tokenHash) {
      return (await sql.call('find_api_key', { p_token_hash: tokenHash })) as ApiKey | null;
    },

    async get(tenantId, keyId) {
      const args = { p_tenant_id: tenantId, p_key_id: keyId };
      return (await sql.call('get_api_key', args)) as ApiKey | null;
    },

    async listOfRun(tenantId, runId) {
      const args = { p_tenant_id: tenantId, p_run_id: runId };
      return (await sql.call('list_share_links', args)) as ApiKey[];
    },

    async former(tokenHash) {
      return (await sql.call('former_api_key', { p_token_hash: tokenHash })) as Pick<
        ApiKey,
        'id' | 'tenantId'
      > | null;
    },

    async list(tenantId) {
      return (await sql.call('list_api_keys', { p_tenant_id: tenantId })) as ApiKey[];
    },

    async revoke(tenantId, keyId) {
      if (!UUID.test(keyId)) return false;
      return (await sql.call('revoke_api_key', { p_tenant_id: tenantId, p_key_id: keyId })) as boolean;
    },
  };
}
