/** How payloads are written into Temporal, and with which keys, as the settings say. */
import type { Connection } from '@temporalio/client';
import { createDeploymentKeys } from '../adapters/keys/deployment-keys.js';
import { createTenantKeys } from '../adapters/keys/tenant-keys.js';
import { createSealedPayloads, plainPayloads, type Payloads } from '../adapters/temporal/payloads.js';
import { ConfigError, type Config } from '../config/env.js';
import type { KeyRing } from '../ports/key-ring.js';
import type { KeyUnwrapper } from '../ports/key-unwrapper.js';
import type { TenantKeyStore } from '../ports/tenant-keys.js';

type Settings = Pick<Config, 'encryption'>;

/** @param store of the tenants' keys; null where it is known that there are none */
export function openPayloads(
  config: Settings,
  place: { connection: Connection; namespace: string },
  store: TenantKeyStore | null,
): Payloads {
  const ring = openKeyRing(config, store);
  return ring === null ? plainPayloads : createSealedPayloads({ ring, ...place });
}

/** @returns null where payloads go in the clear */
export function openKeyRing({ encryption }: Settings, store: TenantKeyStore | null): KeyRing | null {
  if (encryption === null) return null;
  const deployment = createDeploymentKeys(
    encryption.keys,
    encryption.kms === null ? null : lazyKms(encryption.kms),
  );
  if (!encryption.perTenant) return deployment;
  if (store === null) throw new ConfigError('PERDURE_TENANT_KEYS needs the records, which hold the keys');
  return createTenantKeys({ store, deployment });
}

/** Its client is loaded where a key is to be opened by it. */
const lazyKms = (kms: { arn: string; region: string }): KeyUnwrapper => ({
  async unwrap(id, wrapped) {
    const { createAwsKms } = await import('../adapters/keys/aws-kms.js');
    return createAwsKms(kms).unwrap(id, wrapped);
  },
});
