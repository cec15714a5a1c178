/**
 * Carries a run's end to its webhook. A workflow of its own: the run is over, whatever its receiver does, and
 * whoever writes an end (the run, or the reconciler) starts it.
 */
import { ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { WebhookActivities, WebhookInput } from '../contracts/webhook-delivery.js';
import { HEARTBEAT_TIMEOUT, recordKeeping } from './activity-options.js';
import { errorOf } from './error-of.js';

// After 5, 15 and 45 seconds, some minutes, hours, then every six: what Standard Webhooks recommends, over three days.
const { sendWebhook } = proxyActivities<WebhookActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  scheduleToCloseTimeout: '72h',
  retry: { initialInterval: '5s', backoffCoefficient: 3, maximumInterval: '6h' },
  summary: 'tell the webhook',
});
const { noteWebhook } = proxyActivities<WebhookActivities>(recordKeeping('how the webhook was told'));

/** @throws ApplicationFailure typed with the error's code when it was given up */
export async function deliverWebhook(input: WebhookInput): Promise<void> {
  try {
    await noteWebhook({ ...input, note: await sendWebhook(input) });
  } catch (error) {
    const info = errorOf(error);
    if (!(error instanceof ActivityFailure) || info === undefined || info === 'cancelled') throw error;
    await noteWebhook({ ...input, note: { error: info } });
    throw ApplicationFailure.nonRetryable(info.message, info.code);
  }
}
