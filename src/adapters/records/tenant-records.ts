/** TenantRecords over the migrations' function. */
import type { TenantRecords } from '../../ports/tenant-records.js';
import type { SqlFunctions } from './sql-functions.js';

export const createTenantRecords = (sql: SqlFunctions): TenantRecords => ({
  async erase(tenantId, limit) {
    return (await sql.call('erase_tenant', { p_tenant_id: tenantId, p_limit: limit })) as Awaited<
      ReturnType<TenantRecords['erase']>
    >;
  },
});
