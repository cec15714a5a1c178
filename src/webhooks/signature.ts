/**
 * Secrets and signatures by Standard Webhooks
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
import { createHmac } from 'node:crypto';
import type { WebhookSecrets } from '../ports/webhooks.js';

const PREFIX = 'whsec_';

/**
 * Secrets that need no place to be kept: derived from the server's own, another one for each tenant and address, so
 * that no receiver can forge what another one is sent.
 * @param rootSecret the same for all processes
 */
export const createWebhookSecrets = (rootSecret: string): WebhookSecrets => ({
  secretOf: (tenantId, url) =>
    PREFIX +
    createHmac('sha256', rootSecret)
      .update(JSON.stringify(['webhook', tenantId, url]))
      .digest('base64'),
});

/** The headers of one attempt. @param secrets a signature by each, for receivers that still know a former one */
export function signedHeaders(
  { id, body }: { id: string; body: string },
  secrets: readonly string[],
  now: Date,
): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
