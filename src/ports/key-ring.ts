/** Keys that payloads in Temporal are sealed with. */

export interface DataKey {
  /** Stands beside what it seals, in the clear. */
  readonly id: string;
  /** Whose it is alone; null for the deployment's own. */
  readonly tenantId: string | null;
  /** @param about what is known beside the text and must be the same when it is opened */
  seal(plain: Uint8Array, about: string): Uint8Array;
  /** @throws Error where it was sealed by another key, about something else, or was changed */
  open(sealed: Uint8Array, about: string): Uint8Array;
}

/** Both methods throw PerdureError `store_unavailable` where keys are kept elsewhere and it does not answer. */
export interface KeyRing {
  /** Whether each tenant has a key of its own. */
  readonly isPerTenant: boolean;
  /** The key for what is written from now on. @param tenantId null for what is no tenant's */
  current(tenantId: string | null): Promise<DataKey>;
  /** @throws PerdureError `encryption_key_missing` for one that is not known, or was destroyed */
  find(id: string): Promise<DataKey>;
}
