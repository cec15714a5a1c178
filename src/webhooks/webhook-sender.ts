/** Sends a signed webhook to a checked address, once. */
import { PerdureError } from '../../contracts/errors.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import type { WebhookSecrets, WebhookSender } from '../ports/webhooks.js';
import type { AddressGuard } from '../tools/address-guard.js';
import { exchange } from '../tools/http-exchange.js';
import { retryAfterSeconds } from '../tools/http-headers.js';
import { signedHeaders } from './signature.js';

/** Of one attempt, as Standard Webhooks recommends (15 to 30 seconds). */
const TIMEOUT_MS = 20_000;

/** @param secrets a signature is made by each; the first are the present ones */
export function createWebhookSender({
  guard,
  secrets,
  tracer = noTracer,
}: {
  guard: AddressGuard;
  secrets: readonly WebhookSecrets[];
  tracer?: Tracer;
}): WebhookSender {
  return {
    async send({ id, tenantId, url, body }, stop) {
      const target = new URL(url);
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'perdure',
        ...signedHeaders(
          { id, body },
          secrets.map((each) => each.secretOf(tenantId, url)),
          new Date(),
        ),
      };
      const signal = AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]);
      try {
        // A redirect is no delivery: what it names was not signed for, and nobody has agreed to it.
        const hop = { url: target, method: 'POST', headers, body } as const;
        await exchange(hop, { guard, tracer, signal, maxRedirects: 0 }, ({ response }) => {
          const { statusCode: status } = response;
          if (status >= 200 && status <= 299) return Promise.resolve();
          const { 'retry-after': retryAfter } = response.headers;
          throw refusal(status, target.host, Array.isArray(retryAfter) ? retryAfter[0] : retryAfter);
        });
      } catch (error) {
        stop.throwIfAborted();
        if (error instanceof PerdureError && error.code !== 'tool_failed') throw error;
        // That it leads elsewhere is told as it is.
        const why = error instanceof PerdureError ? error.message : `${target.host} ${whyNot(error, signal)}`;
        throw new PerdureError('webhook_not_delivered', why, {
          cause: error,
        });
      }
    },
  };
}

function refusal(status: number, host: string, retryAfter: string | undefined): PerdureError {
  const detail = `${host} answered HTTP ${status}`;
  // Source: Standard Webhooks, "410 Gone": the receiver wants no more.
  if (status === 410) return new PerdureError('webhook_refused', detail);
  const seconds = retryAfterSeconds(retryAfter);
  return new PerdureError(
    'webhook_not_delivered',
    detail,
    seconds === undefined ? {} : { retryAfterSeconds: seconds },
  );
}

function whyNot(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return `did not answer within ${TIMEOUT_MS / 1_000} seconds`;
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return `could not be reached: ${text === '' ? code : text}`;
}
