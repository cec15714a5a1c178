/** Links that show one run: made, listed and revoked by whoever may change the run. */
import type { RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import {
  createShareLinkSchema,
  type NewShareLink,
  type ShareLink,
  type ShareLinkList,
} from '../../../contracts/share-links.js';
import type { ApiKey } from '../../ports/api-key-store.js';
import { CONSOLE_PATH } from '../console-page.js';
import { nameTargets } from '../audit/audit-trail.js';
import type { ApiContext } from '../context.js';
import { findRun } from '../run-lookup.js';
import { createApiKey } from '../sign-in/create-api-key.js';
import { validate } from '../validate.js';
import { keyIdOf, storeOf } from './api-keys.js';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function createCreateShareLinkRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { expiresInSeconds } = validate(createShareLinkSchema, req.body ?? {}, 'body');
    const { id: runId } = await findRun(context, req);
    const { tenantId, subject } = context.principalOf(req);
    const { key, token } = await createApiKey(storeOf(context), {
      ...{ tenantId, runId, name: 'shared run', scope: 'read', createdBy: subject },
      expiresAt: new Date(context.now().getTime() + expiresInSeconds * 1_000).toISOString(),
    });
    nameTargets(req, `runs/${runId}/share-links/${key.id}`);
    const url = context.consoleFolder === null ? null : `${CONSOLE_PATH}/runs/${runId}#share=${token}`;
    const answer: NewShareLink = { ...shown(key), token, url };
    res.status(201).set('Cache-Control', 'no-store').json(answer);
  };
}

export function createListShareLinksRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { id, tenantId } = await findRun(context, req);
    const list: ShareLinkList = {
      shareLinks: (await storeOf(context).listOfRun(tenantId, id)).map(shown),
    };
    res.set('Cache-Control', 'no-store').json(list);
  };
}

export function createRevokeShareLinkRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const keyId = keyIdOf(req);
    const { id: runId, tenantId } = await findRun(context, req);
    const store = storeOf(context);
    const key = uuid.test(keyId) ? await store.get(tenantId, keyId) : null;
    // Keys of the whole tenant are for its admins.
    if (key?.runId !== runId)
      throw new PerdureError('api_key_not_found', `the run has no link ${JSON.stringify(keyId)}`);
    await store.revoke(tenantId, keyId);
    context.signIn.forgetApiKey(keyId);
    res.status(204).end();
  };
}

const shown = ({ id, createdBy, createdAt, expiresAt, lastUsedAt, revokedAt }: ApiKey): ShareLink => ({
  ...{ id, createdBy, createdAt, lastUsedAt, revokedAt },
  // The database lets in none without.
  expiresAt: expiresAt ?? createdAt,
});
