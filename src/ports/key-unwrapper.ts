/** A key management service, which opens the keys that it has sealed for whoever it lets. */
export interface KeyUnwrapper {
  /**
   * @param id the key's name, which it was sealed with
   * @throws PerdureError `store_unavailable` where it does not answer, `encryption_key_missing` where it refuses
   */
  unwrap(id: string, wrapped: Uint8Array): Promise<Uint8Array>;
}
