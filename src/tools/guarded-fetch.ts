/** `fetch` for libraries that bring their own protocol: guarded as http_fetch is, to one origin, and bounded. */
import { PerdureError } from '../../contracts/errors.js';
import type { AddressGuard } from './address-guard.js';
import { createPinnedFetch } from './pinned-fetch.js';

export interface GuardedFetch {
  fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  close(): Promise<void>;
}

/** @param maxBytes of one answer */
export function createGuardedFetch(guard: AddressGuard, origin: string, maxBytes: number): GuardedFetch {
  const pinned = createPinnedFetch(guard);
  return {
    async fetch(target, init) {
      const url = new URL(target);
      if (url.origin !== origin)
        throw new PerdureError('address_not_allowed', `${url.origin} may not be called here, only ${origin}`);
      const response = await pinned.fetch(url, { ...init, redirect: 'manual' });
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        throw new PerdureError(
          'tool_failed',
          `HTTP ${response.status} from ${origin}: redirects are not followed`,
        );
      }
      const { status, statusText, headers } = response;
      return new Response(response.body?.pipeThrough(bounded(maxBytes)) ?? null, {
        status,
        statusText,
        headers,
      });
    },
    close: () => pinned.close(),
  };
}

function bounded(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes <= maxBytes) controller.enqueue(chunk);
      else
        controller.error(
          new PerdureError('tool_limit_exceeded', `the answer has more than ${maxBytes} bytes`),
        );
    },
  });
}
