/** Where the keys of tenants are kept, each sealed by one of the deployment's. */

export interface TenantKey {
  id: string;
  tenantId: string;
  /** The key, sealed; null once it was destroyed. */
  wrapped: string | null;
}

/** Every method throws PerdureError `store_unavailable` when the database cannot be reached. */
export interface TenantKeyStore {
  /** The tenant's key; the given one is kept where it has none. Of several at once the first is. */
  currentOr(offered: TenantKey): Promise<TenantKey>;
  current(tenantId: string): Promise<TenantKey | null>;
  find(id: string): Promise<TenantKey | null>;
  /** Nothing that the tenant's keys have sealed can be read again, by anybody. @returns how many */
  destroy(tenantId: string): Promise<number>;
}
