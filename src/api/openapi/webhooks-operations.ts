/** Webhooks: the secret of a receiver, and what it is sent. */
import { examples } from './examples.js';
import type { Json } from './json.js';
import { json, query, ref, type Operations } from './operation.js';

export const webhooksOperations: Operations<'getWebhookSecret'> = {
  getWebhookSecret: {
    tag: 'Webhooks',
    summary: 'The secret of a receiver',
    description:
      'With which webhooks to this address are signed, by Standard Webhooks. Always the same for a tenant and an address, and another one for every other address.',
    parameters: [
      query(
        'url',
        'Of the receiver, as runs name it.',
        { type: 'string', format: 'uri', maxLength: 2_000 },
        { required: true, example: 'https://app.example.com/hooks/perdure' },
      ),
    ],
    answers: {
      200: { description: 'The secret.', content: json(ref('WebhookSecret'), examples.webhookSecret) },
    },
    errors: ['invalid_request', 'webhooks_unavailable'],
  },
};

const header = (name: string, description: string): Json => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
});

/** What perdure calls: the receiver's side. */
export const outgoing: Json = {
  runEnded: {
    post: {
      tags: ['Webhooks'],
      summary: 'A run has ended',
      description:
        'Sent to the `webhook` of a submission. Anything but 2xx is tried again for three days; 410 ends that.',
      parameters: [
        header('webhook-id', 'The same for each attempt: whoever has seen it may forget this one.'),
        header('webhook-timestamp', 'Seconds since 1970, of this attempt.'),
        header('webhook-signature', '`v1,` and base64 of the HMAC-SHA256; several are separated by spaces.'),
      ],
      requestBody: { required: true, content: json(ref('WebhookMessage'), examples.webhookMessage) },
      responses: { '2XX': { description: 'It was taken.' } },
    },
  },
};
