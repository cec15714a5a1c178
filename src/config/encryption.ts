/** The keys that payloads in Temporal are sealed with, as they stand in the settings or as a KMS has sealed them. */
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

export interface EncryptionConfig {
  /** The present one first; sealed by `kms` where there is one. */
  readonly keys: readonly { readonly id: string; readonly secret: Uint8Array }[];
  /** Whether each tenant has a key of its own, kept in the records. */
  readonly perTenant: boolean;
  /** The key of AWS KMS that opens them; null where they stand as they are. */
  readonly kms: { readonly arn: string; readonly region: string } | null;
}

const KEY_BYTES = 32;

/** @throws ConfigError for what cannot be together */
export function encryptionOf(e: Environment): EncryptionConfig | null {
  const perTenant = e.PERDURE_TENANT_KEYS === 'true';
  const { PERDURE_ENCRYPTION_KEYS: given, PERDURE_KMS_KEY: arn } = e;
  if (given === undefined) {
    const needing = perTenant ? 'PERDURE_TENANT_KEYS' : arn === undefined ? undefined : 'PERDURE_KMS_KEY';
    if (needing !== undefined) throw new ConfigError(`PERDURE_ENCRYPTION_KEYS must be set with ${needing}`);
    return null;
  }
  const keys = given.map(([id, key]) => ({ id, secret: Buffer.from(key, 'base64') }));
  const isWhole = ({ secret }: (typeof keys)[number]): boolean => secret.length === KEY_BYTES;
  if (arn === undefined && !keys.every(isWhole))
    throw new ConfigError(`PERDURE_ENCRYPTION_KEYS must have keys of ${KEY_BYTES} bytes in base64`);
  // One that stands as it is would be sent to KMS as a ciphertext, and stand in nobody's way until then.
  if (arn !== undefined && keys.some(isWhole))
    throw new ConfigError(
      'PERDURE_ENCRYPTION_KEYS must have keys as KMS has sealed them where PERDURE_KMS_KEY is set',
    );
  const kms = arn === undefined ? null : Object.freeze({ arn, region: arn.split(':')[3] ?? '' });
  return Object.freeze({ keys, perTenant, kms });
}
