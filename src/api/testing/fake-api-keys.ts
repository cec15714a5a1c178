/** ApiKeyStore in memory. */
import { PerdureError } from '../../../contracts/errors.js';
import type { ApiKey, ApiKeyStore } from '../../ports/api-key-store.js';

export interface FakeApiKeys extends ApiKeyStore {
  /** Every call throws store_unavailable while true. */
  down: boolean;
  /** Calls of find. */
  finds: number;
}

export function createFakeApiKeys(): FakeApiKeys {
  const keys = new Map<string, ApiKey>();
  const call = <Value>(act: () => Value): Promise<Value> =>
    new Promise((resolve) => {
      if (store.down) throw new PerdureError('store_unavailable', 'the database does not answer');
      resolve(act());
    });
  const store: FakeApiKeys = {
    down: false,
    finds: 0,
    create: ({ tokenHash, ...key }) =>
      call(() => {
        const noted = { createdAt: new Date().toISOString(), lastUsedAt: null, revokedAt: null };
        const made = { runId: null, ...key, ...noted };
        keys.set(tokenHash, made);
        return made;
      }),
    find: (tokenHash) =>
      call(() => {
        store.finds += 1;
        const key = keys.get(tokenHash);
        if (key?.revokedAt !== null) return null;
        return key.expiresAt !== null && Date.parse(key.expiresAt) <= Date.now() ? null : key;
      }),
    get: (tenantId, keyId) =>
      call(() => [...keys.values()].find((key) => key.tenantId === tenantId && key.id === keyId) ?? null),
    listOfRun: (tenantId, runId) =>
      call(() =>
        [...keys.values()].filter((key) => key.tenantId === tenantId && key.runId === runId).reverse(),
      ),
    list: (tenantId) =>
      call(() =>
        [...keys.values()].filter((key) => key.tenantId === tenantId && key.runId === null).reverse(),
      ),
    former: (tokenHash) =>
      call(() => {
        const key = keys.get(tokenHash);
        const isOver =
          key !== undefined &&
          (key.revokedAt !== null || (key.expiresAt !== null && Date.parse(key.expiresAt) <= Date.now()));
        return isOver ? { id: key.id, tenantId: key.tenantId } : null;
      }),
    revoke: (tenantId, keyId) =>
      call(() => {
        const key = [...keys.values()].find(({ id }) => id === keyId);
        if (key?.tenantId !== tenantId) return false;
        key.revokedAt ??= new Date().toISOString();
        return true;
      }),
  };
  return store;
}
