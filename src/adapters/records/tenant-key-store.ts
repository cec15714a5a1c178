/** TenantKeyStore over the migrations' functions. */
import type { TenantKey, TenantKeyStore } from '../../ports/tenant-keys.js';
import type { SqlFunctions } from './sql-functions.js';

export function createTenantKeyStore(sql: SqlFunctions): TenantKeyStore {
  return {
    async currentOr({ id, tenantId, wrapped }) {
      return (await sql.call('keep_tenant_key', {
        p_tenant_id: tenantId,
        p_id: id,
        p_wrapped: wrapped,
      })) as TenantKey;
    },

    async current(tenantId) {
      return (await sql.call('current_tenant_key', { p_tenant_id: tenantId })) as TenantKey | null;
    },

    async find(id) {
      return (await sql.call('find_tenant_key', { p_id: id })) as TenantKey | null;
    },

    async destroy(tenantId) {
      return (await sql.call('destroy_tenant_keys', { p_tenant_id: tenantId })) as number;
    },
  };
}
