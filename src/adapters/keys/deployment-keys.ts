/** The keys of the settings: the first seals, all of them open. */
import { PerdureError } from '../../../contracts/errors.js';
import type { DataKey, KeyRing } from '../../ports/key-ring.js';
import { createDataKey } from './data-key.js';

/** @param keys at least one, the newest first */
export function createDeploymentKeys(keys: readonly { id: string; secret: Uint8Array }[]): KeyRing {
  const all = new Map(keys.map(({ id, secret }): [string, DataKey] => [id, createDataKey(id, secret, null)]));
  const [first] = all.values();
  if (first === undefined) throw new Error('a ring needs a key');
  return {
    isPerTenant: false,
    current: () => Promise.resolve(first),
    find: (id) => {
      const found = all.get(id);
      return found === undefined ? Promise.reject(missing(id)) : Promise.resolve(found);
    },
  };
}

export const missing = (id: string): PerdureError =>
  new PerdureError(
    'encryption_key_missing',
    `a payload was sealed with the key ${JSON.stringify(id)}, which is not among PERDURE_ENCRYPTION_KEYS`,
  );
