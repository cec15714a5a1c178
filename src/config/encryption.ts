/** What payloads in Temporal are sealed with. */
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

export interface EncryptionConfig {
  readonly keys: readonly { readonly id: string; readonly secret: Uint8Array }[];
  /** Whether each tenant has a key of its own, kept in the records. */
  readonly perTenant: boolean;
}

export function encryptionOf(e: Environment): EncryptionConfig | null {
  const perTenant = e.PERDURE_TENANT_KEYS === 'true';
  if (e.PERDURE_ENCRYPTION_KEYS === undefined) {
    if (perTenant) throw new ConfigError('PERDURE_ENCRYPTION_KEYS must be set with PERDURE_TENANT_KEYS');
    return null;
  }
  const keys = e.PERDURE_ENCRYPTION_KEYS.map(([id, key]) => ({ id, secret: Buffer.from(key, 'base64') }));
  return Object.freeze({ keys, perTenant });
}
