/** Completion webhooks: where a run's end is told, how that went, and what is sent (https://www.standardwebhooks.com). */
import { z } from 'zod';
import { runStatuses } from './statuses.js';
import { jsonValueSchema } from './plan.js';

/** An http(s) address without a user name or a password; whether it may be called is found out when it is. */
export const webhookUrlSchema = z
  .url({ protocol: /^https?$/, normalize: true, error: 'must be an http(s) address' })
  .max(2_000)
  .refine((url) => !/^[^/]*\/\/[^/?#]*@/.test(url), 'must not hold a user name or a password');

export const webhookSchema = z.strictObject({ url: webhookUrlSchema });
export type Webhook = z.infer<typeof webhookSchema>;

/**
 * `waiting` for the run's end, `delivering` while it is tried, `delivered` once the receiver has said 2xx,
 * `undelivered` once it is tried no more.
 */
export const deliveryStates = ['waiting', 'delivering', 'delivered', 'undelivered'] as const;

export const webhookDeliverySchema = z.object({
  url: z.string().describe('Without its query, where keys travel.'),
  state: z.enum(deliveryStates),
  attempts: z.int().min(0),
  lastAttemptAt: z.iso.datetime().nullable(),
  lastError: z.string().nullable().describe('Why the last attempt did not succeed.'),
});
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

export const newDelivery = ({ url }: Webhook): WebhookDelivery => ({
  url,
  state: 'waiting',
  attempts: 0,
  lastAttemptAt: null,
  lastError: null,
});

export const webhookSecretQuerySchema = z.strictObject({ url: webhookUrlSchema });

export const webhookSecretSchema = z.object({
  url: z.string(),
  secret: z.string().describe('`whsec_` and base64; what libraries of Standard Webhooks take.'),
});
export type WebhookSecret = z.infer<typeof webhookSecretSchema>;

/** The body of a webhook. */
export const webhookMessageSchema = z.object({
  type: z.enum(['run.completed', 'run.failed', 'run.cancelled']),
  timestamp: z.iso.datetime().describe('When the run ended.'),
  data: z.object({
    id: z.uuid(),
    status: z.enum(runStatuses),
    goal: z.string(),
    agent: z.string(),
    result: jsonValueSchema.nullable(),
    error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).nullable(),
    usage: z.record(z.string(), z.number().nullable()),
    metadata: z.record(z.string(), z.string()),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime(),
    lastSeq: z.int().min(1),
    links: z.object({ self: z.string(), events: z.string(), files: z.string() }),
  }),
});
export type WebhookMessage = z.infer<typeof webhookMessageSchema>;
