/** `perdure keys`: API keys, straight from the records. */
import { createApiKey, type CreatedApiKey } from '../api/sign-in/create-api-key.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import type { ApiKeyStore } from '../ports/api-key-store.js';
import { openCommandRecords } from './embedded-database.js';
import { operatorAct } from './operator-act.js';
import { Releasers } from './releasers.js';

export interface ApiKeys extends Pick<ApiKeyStore, 'list' | 'revoke'> {
  create(wanted: Omit<Parameters<typeof createApiKey>[1], 'createdBy'>): Promise<CreatedApiKey>;
}

/** @throws StartupError where the embedded records cannot be used; PerdureError `store_unavailable` */
export async function withApiKeys<Value>(
  config: Config,
  builtRoot: string,
  logger: Logger,
  use: (keys: ApiKeys) => Promise<Value>,
): Promise<Value> {
  const releasers = new Releasers();
  try {
    const { apiKeys, audit } = await openCommandRecords(config, builtRoot, logger, releasers);
    return await use({
      async create(wanted) {
        const created = await createApiKey(apiKeys, { ...wanted, createdBy: 'operator' });
        await audit.append([operatorAct(wanted.tenantId, 'createApiKey', `api-keys/${created.key.id}`)]);
        return created;
      },
      list: (tenantId) => apiKeys.list(tenantId),
      async revoke(tenantId, id) {
        const isRevoked = await apiKeys.revoke(tenantId, id);
        if (isRevoked) await audit.append([operatorAct(tenantId, 'revokeApiKey', `api-keys/${id}`)]);
        return isRevoked;
      },
    });
  } finally {
    await releasers.release(logger);
  }
}
