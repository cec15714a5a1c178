/** API keys of a tenant: made, listed and revoked by its admins. */
import type { Request, RequestHandler } from 'express';
import type { ApiKeyList, NewApiKeyAnswer } from '../../../contracts/api.js';
import { createApiKeySchema, type ApiKeyInfo } from '../../../contracts/api-keys.js';
import { PerdureError } from '../../../contracts/errors.js';
import type { ApiKey, ApiKeyStore } from '../../ports/api-key-store.js';
import { nameTargets } from '../audit/audit-trail.js';
import type { ApiContext } from '../context.js';
import { createApiKey } from '../sign-in/create-api-key.js';
import { invalid, validate } from '../validate.js';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function createCreateApiKeyRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { expiresAt, ...given } = validate(createApiKeySchema, req.body, 'body');
    if (expiresAt !== undefined && Date.parse(expiresAt) <= context.now().getTime())
      throw invalid('invalid_request', [{ field: 'expiresAt', message: 'must lie in the future' }]);
    const { tenantId, subject } = context.principalOf(req);
    const { key, token } = await createApiKey(storeOf(context), {
      ...given,
      tenantId,
      createdBy: subject,
      expiresAt: expiresAt ?? null,
    });
    nameTargets(req, `api-keys/${key.id}`);
    const answer: NewApiKeyAnswer = { ...shown(key), token };
    res.status(201).set('Cache-Control', 'no-store').json(answer);
  };
}

export function createListApiKeysRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const keys = await storeOf(context).list(context.principalOf(req).tenantId);
    const list: ApiKeyList = { apiKeys: keys.map(shown) };
    res.set('Cache-Control', 'no-store').json(list);
  };
}

export function createRevokeApiKeyRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const keyId = keyIdOf(req);
    const { tenantId } = context.principalOf(req);
    if (!uuid.test(keyId) || !(await storeOf(context).revoke(tenantId, keyId)))
      throw new PerdureError('api_key_not_found', `there is no API key ${JSON.stringify(keyId)}`);
    context.signIn.forgetApiKey(keyId);
    res.status(204).end();
  };
}

/** @throws PerdureError `store_unavailable` where none are kept */
export function storeOf({ apiKeys }: ApiContext): ApiKeyStore {
  if (apiKeys === null) throw new PerdureError('store_unavailable', 'this server keeps no API keys');
  return apiKeys;
}

export const keyIdOf = (req: Request): string =>
  typeof req.params.keyId === 'string' ? req.params.keyId.slice(0, 100).toLowerCase() : '';

const shown = ({ tenantId: _tenantId, runId: _runId, ...key }: ApiKey): ApiKeyInfo => key;
