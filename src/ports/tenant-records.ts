/** All that the records have of one tenant. */

export interface TenantRecords {
  /**
   * Deletes runs with their events and approvals, whatever their status, API keys and counts, some at a time; of the
   * tenant's encryption keys what has been destroyed stays noted. The audit log stays, too.
   * @returns how many runs and keys were deleted; zero of both when nothing is left
   * @throws PerdureError `store_unavailable`
   */
  erase(tenantId: string, limit: number): Promise<{ runs: number; apiKeys: number }>;
}
