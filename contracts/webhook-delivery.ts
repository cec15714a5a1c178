/** Names and shapes of the workflow that carries a run's end to its webhook. */
import type { ErrorInfo } from './errors.js';

export const WEBHOOK_WORKFLOW = 'deliverWebhook';
export const webhookWorkflowIdOf = (runId: string): string => `webhook-${runId}`;

export interface WebhookInput {
  runId: string;
  tenantId: string;
  url: string;
}

/** How one attempt, or all of them, went. */
export interface WebhookNote {
  state: 'delivering' | 'delivered' | 'undelivered';
  attempts: number;
  lastAttemptAt: string;
  lastError: string | null;
}

export interface WebhookActivities {
  /**
   * Sends it once. A failed attempt is noted, and thrown for Temporal to try again.
   * @throws ApplicationFailure `webhook_not_delivered`, `address_not_allowed`, `webhooks_unavailable`
   */
  sendWebhook(input: WebhookInput): Promise<WebhookNote>;
  /** Writes how it went into the run's record. */
  noteWebhook(input: WebhookInput & { note: WebhookNote | { error: ErrorInfo } }): Promise<void>;
}
