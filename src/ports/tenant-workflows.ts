/** All that the durable engine has of one tenant. */

export interface TenantWorkflows {
  /**
   * Ends schedules and workflows of the tenant, at whatever they are, and deletes their histories; done again it goes on
   * with what is left. Content is not read: the tenant's key may be gone.
   * @returns how many of each there were
   * @throws PerdureError `temporal_unavailable`
   */
  erase(tenantId: string): Promise<{ schedules: number; workflows: number }>;
}
