/** The secret with which a receiver of webhooks checks that they are ours. */
import type { RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import { webhookSecretQuerySchema, type WebhookSecret } from '../../../contracts/webhooks.js';
import type { ApiContext } from '../context.js';
import { queryOf } from '../query.js';
import { validate } from '../validate.js';

export function createWebhookSecretRoute(context: ApiContext): RequestHandler {
  return (req, res) => {
    const { url } = validate(webhookSecretQuerySchema, queryOf(req), 'query');
    const { tenantId } = context.principalOf(req);
    if (context.webhooks === null) throw webhooksUnavailable();
    const answer: WebhookSecret = { url, secret: context.webhooks.secretOf(tenantId, url) };
    res.set('Cache-Control', 'no-store').json(answer);
  };
}

export const webhooksUnavailable = (): PerdureError =>
  new PerdureError('webhooks_unavailable', 'this server has no secret to sign webhooks with');
