/** Checks API keys against the store, remembered for a few seconds. */
import { PerdureError } from '../../../contracts/errors.js';
import type { Principal } from '../../../contracts/principal.js';
import type { ApiKey, ApiKeyStore } from '../../ports/api-key-store.js';
import type { Holder } from '../refusal.js';
import { hashOfApiKey } from './api-key-token.js';
import { badToken } from './unauthenticated.js';

export interface ApiKeyCheck {
  /** @throws PerdureError `unauthenticated`, `store_unavailable` */
  principalOf(token: string): Promise<Principal>;
  /** False once the key was revoked; true too while nobody can say. */
  stillValid(tenantId: string, keyId: string): Promise<boolean>;
  /** The key's next use asks the store. */
  forget(keyId: string): void;
}

export interface ApiKeyCheckOptions {
  /** Milliseconds that a key's record is believed without asking: so late may a revocation be noticed. */
  freshMs?: number;
  /** The same while the database does not answer, for submissions are taken without it. */
  withoutStoreMs?: number;
  now?: () => number;
}

interface Known {
  key: ApiKey;
  at: number;
}

/** Keys that one process remembers. */
const MOST = 10_000;

export function createApiKeyCheck(
  store: ApiKeyStore,
  { freshMs = 10_000, withoutStoreMs = 300_000, now = Date.now }: ApiKeyCheckOptions = {},
): ApiKeyCheck {
  const known = new Map<string, Known>();
  // Whoever asks for the same key at once asks once.
  const asking = new Map<string, Promise<ApiKey | null>>();

  const ask = (hash: string): Promise<ApiKey | null> => {
    const current =
      asking.get(hash) ??
      store.find(hash).finally(() => {
        asking.delete(hash);
      });
    asking.set(hash, current);
    return current;
  };
  const find = async (hash: string): Promise<ApiKey | null> => {
    const entry = known.get(hash);
    if (entry !== undefined && now() - entry.at < freshMs) return entry.key;
    try {
      const key = await ask(hash);
      known.delete(hash);
      if (key !== null) remember(known, hash, { key, at: now() });
      return key;
    } catch (error) {
      const isDown = error instanceof PerdureError && error.code === 'store_unavailable';
      if (isDown && entry !== undefined && now() - entry.at < withoutStoreMs) return entry.key;
      throw error;
    }
  };

  return {
    async principalOf(token) {
      const hash = hashOfApiKey(token);
      if (hash === null) throw badToken('this is no API key: it is mistyped or not whole');
      const key = await find(hash);
      if (key === null)
        throw badToken(
          'the API key is unknown, revoked or expired',
          undefined,
          await formerHolder(store, hash),
        );
      const expiresAt = key.expiresAt === null ? null : Date.parse(key.expiresAt);
      // It may have expired since it was asked for.
      const holder = { tenantId: key.tenantId, subject: `key:${key.id}` };
      if (expiresAt !== null && expiresAt <= now())
        throw badToken('the API key has expired', undefined, holder);
      return {
        ...{ ...holder, scope: key.scope, expiresAt },
        ...(key.runId === null ? {} : { runId: key.runId }),
      };
    },

    async stillValid(tenantId, keyId) {
      try {
        return (await store.get(tenantId, keyId))?.revokedAt === null;
      } catch {
        return true;
      }
    },

    forget(keyId) {
      for (const [hash, { key }] of known) if (key.id === keyId) known.delete(hash);
    },
  };
}

/** For the audit log of the tenant whose the key was; not being told is no reason to answer otherwise. */
async function formerHolder(store: ApiKeyStore, hash: string): Promise<Holder | undefined> {
  const key = await store.former(hash).catch(() => null);
  return key === null ? undefined : { tenantId: key.tenantId, subject: `key:${key.id}` };
}

/** The oldest goes first. */
function remember(known: Map<string, Known>, hash: string, entry: Known): void {
  known.set(hash, entry);
  const [oldest] = known.keys();
  if (known.size > MOST && oldest !== undefined) known.delete(oldest);
}
