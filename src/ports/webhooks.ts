/** Webhooks: the secrets that they are signed with, and the sending itself. */

/** What is sent: the same id for every attempt. */
export interface OutgoingWebhook {
  id: string;
  tenantId: string;
  url: string;
  body: string;
}

export interface WebhookSecrets {
  /** Of one tenant and one address: `whsec_` and base64. */
  secretOf(tenantId: string, url: string): string;
}

export interface WebhookSender {
  /**
   * Resolves when the receiver has answered 2xx.
   * @throws PerdureError `webhook_not_delivered`, with the seconds that the receiver asked for;
   *   `webhook_refused` when it wants none any more; `address_not_allowed`
   */
  send(webhook: OutgoingWebhook, signal: AbortSignal): Promise<void>;
}
