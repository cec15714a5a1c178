/** The keys of the settings: the first seals, all of them open. */
import { PerdureError } from '../../../contracts/errors.js';
import type { DataKey, KeyRing } from '../../ports/key-ring.js';
import type { KeyUnwrapper } from '../../ports/key-unwrapper.js';
import { createDataKey } from './data-key.js';

const KEY_BYTES = 32;

/**
 * @param keys at least one, the newest first
 * @param kms where these are sealed by it: each is opened once, when it is first needed, and remembered for as long as the
 *   process lives
 */
export function createDeploymentKeys(
  keys: readonly { id: string; secret: Uint8Array }[],
  kms: KeyUnwrapper | null = null,
): KeyRing {
  const all = new Map(
    keys.map(({ id, secret }): [string, () => Promise<DataKey>] => [
      id,
      remembered(async () => createDataKey(id, kms === null ? secret : await opened(kms, id, secret), null)),
    ]),
  );
  const [first] = all.values();
  if (first === undefined) throw new Error('a ring needs a key');
  return {
    isPerTenant: false,
    current: () => first(),
    find: (id) => all.get(id)?.() ?? Promise.reject(missing(id)),
  };
}

async function opened(kms: KeyUnwrapper, id: string, wrapped: Uint8Array): Promise<Uint8Array> {
  const secret = await kms.unwrap(id, wrapped);
  if (secret.length === KEY_BYTES) return secret;
  throw new PerdureError(
    'encryption_key_missing',
    `the key ${JSON.stringify(id)} of PERDURE_ENCRYPTION_KEYS has ${secret.length} bytes in it, and must have ${KEY_BYTES}`,
  );
}

/** What has failed is asked for again. */
function remembered<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let asked: Promise<Value> | undefined;
  return () => {
    asked ??= ask().catch((error: unknown) => {
      asked = undefined;
      throw error;
    });
    return asked;
  };
}

export const missing = (id: string): PerdureError =>
  new PerdureError(
    'encryption_key_missing',
    `a payload was sealed with the key ${JSON.stringify(id)}, which is not among PERDURE_ENCRYPTION_KEYS`,
  );
