/** A key for each tenant, made with its first payload and kept in the records, sealed by the deployment's. */
import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { PerdureError } from '../../../contracts/errors.js';
import type { DataKey, KeyRing } from '../../ports/key-ring.js';
import type { TenantKey, TenantKeyStore } from '../../ports/tenant-keys.js';
import { createDataKey } from './data-key.js';

const PREFIX = 'tenant-';
const about = ({ id, tenantId }: Pick<TenantKey, 'id' | 'tenantId'>): string => `key ${id} of ${tenantId}`;

export interface TenantKeysOptions {
  store: TenantKeyStore;
  deployment: KeyRing;
  /** Milliseconds after which a process looks again: so long a key that was destroyed may still be used. */
  freshMs?: number;
}

interface Known {
  key: DataKey;
  at: number;
}

/** Tenants whose keys one process remembers. */
const MOST = 10_000;

export function createTenantKeys({ store, deployment, freshMs = 30_000 }: TenantKeysOptions): KeyRing {
  const byTenant = new Map<string, Known>();
  const byId = new Map<string, Known>();

  const unwrap = async (kept: TenantKey): Promise<DataKey> => {
    const { id, tenantId, wrapped } = kept;
    if (wrapped === null) throw destroyed(id);
    const [keyId = '', text = ''] = wrapped.split('.');
    const secret = (await deployment.find(keyId)).open(Buffer.from(text, 'base64url'), about(kept));
    return createDataKey(id, secret, tenantId);
  };
  const wrap = async (tenantId: string): Promise<TenantKey> => {
    const key = { id: `${PREFIX}${v7()}`, tenantId };
    const by = await deployment.current(null);
    const sealed = by.seal(randomBytes(32), about(key));
    return { ...key, wrapped: `${by.id}.${Buffer.from(sealed).toString('base64url')}` };
  };

  /** A database that is away makes nobody forget a key. */
  const remembered = async (
    known: Map<string, Known>,
    name: string,
    look: () => Promise<DataKey>,
  ): Promise<DataKey> => {
    const before = known.get(name);
    if (before !== undefined && Date.now() - before.at < freshMs) return before.key;
    try {
      const key = await look();
      known.delete(name);
      known.set(name, { key, at: Date.now() });
      for (const oldest of known.keys()) {
        if (known.size <= MOST) break;
        known.delete(oldest);
      }
      return key;
    } catch (error) {
      const isAway = error instanceof PerdureError && error.code === 'store_unavailable';
      if (isAway && before !== undefined) return before.key;
      known.delete(name);
      throw error;
    }
  };

  return {
    isPerTenant: true,
    current: (tenantId) =>
      tenantId === null
        ? deployment.current(null)
        : remembered(byTenant, tenantId, async () =>
            unwrap((await store.current(tenantId)) ?? (await store.currentOr(await wrap(tenantId)))),
          ),
    find: (id) =>
      id.startsWith(PREFIX)
        ? remembered(byId, id, async () => {
            const kept = await store.find(id);
            if (kept === null) throw destroyed(id);
            return unwrap(kept);
          })
        : deployment.find(id),
  };
}

const destroyed = (id: string): PerdureError =>
  new PerdureError('encryption_key_missing', `the key ${id} of a tenant was destroyed`);
