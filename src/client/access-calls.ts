/** Who may: API keys, and links that show one run. */
import type { ApiKeyList, NewApiKeyAnswer } from '../../contracts/api.js';
import type { Scope } from '../../contracts/principal.js';
import type { CreateShareLink, NewShareLink, ShareLinkList } from '../../contracts/share-links.js';
import { post, type Calls } from './calls.js';
import type { CallOptions } from './requests.js';

export interface NewApiKey {
  name: string;
  /** `write` unless told. */
  scope?: Scope;
  /** ISO 8601 with an offset; never unless told. */
  expiresAt?: string;
}

export interface ApiKeyCalls {
  create(key: NewApiKey, options?: CallOptions): Promise<NewApiKeyAnswer>;
  list(options?: CallOptions): Promise<ApiKeyList>;
  revoke(keyId: string, options?: CallOptions): Promise<void>;
}

export function createApiKeyCalls({ json, remove }: Calls): ApiKeyCalls {
  return {
    create: (key, call = {}) => json('createApiKey', { ...call, ...post(key) }),
    list: (call = {}) => json('listApiKeys', call),
    revoke: (keyId, call = {}) => remove('revokeApiKey', { ...call, parameters: { keyId } }),
  };
}

/** Links that show one run to whoever has them, until they expire or are revoked. */
export interface ShareLinkCalls {
  /** `url` is a path on the server. */
  create(runId: string, link?: CreateShareLink, options?: CallOptions): Promise<NewShareLink>;
  list(runId: string, options?: CallOptions): Promise<ShareLinkList>;
  revoke(runId: string, linkId: string, options?: CallOptions): Promise<void>;
}

export function createShareLinkCalls({ json, remove }: Calls): ShareLinkCalls {
  return {
    create: (id, link = {}, call = {}) =>
      json('createShareLink', { ...call, parameters: { id }, ...post(link) }),
    list: (id, call = {}) => json('listShareLinks', { ...call, parameters: { id } }),
    revoke: (id, keyId, call = {}) => remove('revokeShareLink', { ...call, parameters: { id, keyId } }),
  };
}
