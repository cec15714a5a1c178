/** What sends webhooks, as configured. */
import type { Config } from '../config/env.js';
import type { Tracer } from '../ports/tracer.js';
import type { WebhookSender } from '../ports/webhooks.js';
import { createAddressGuard } from '../tools/address-guard.js';
import { createWebhookSecrets } from '../webhooks/signature.js';
import { createWebhookSender } from '../webhooks/webhook-sender.js';

/** @returns null where there is no secret to sign with */
export const openWebhookSender = (
  { webhookSecrets, httpAllow, httpDeny }: Pick<Config, 'webhookSecrets' | 'httpAllow' | 'httpDeny'>,
  tracer?: Tracer,
): WebhookSender | null =>
  webhookSecrets.length === 0
    ? null
    : createWebhookSender({
        guard: createAddressGuard({ allow: httpAllow, deny: httpDeny }),
        secrets: webhookSecrets.map(createWebhookSecrets),
        ...(tracer === undefined ? {} : { tracer }),
      });
