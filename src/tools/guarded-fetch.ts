/** `fetch` for libraries that bring their own protocol: guarded as http_fetch is, without redirects, and bounded. */
import type { LookupFunction } from 'node:net';
import { Agent, fetch, type RequestInit } from 'undici';
import { PerdureError } from '../../contracts/errors.js';
import type { AddressGuard } from './address-guard.js';

export interface GuardedFetch {
  fetch: (url: string | URL, init?: globalThis.RequestInit) => Promise<Response>;
  close(): Promise<void>;
}

/**
 * Every connection goes to an address that the guard has checked for it.
 * @param maxBytes of one answer
 */
export function createGuardedFetch(guard: AddressGuard, origin: string, maxBytes: number): GuardedFetch {
  const lookup: LookupFunction = (_hostname, options, callback) => {
    guard.check(new URL(origin)).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined) callback(new Error(`${origin} has no address`), '');
        else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)), '');
      },
    );
  };
  // Whoever calls has a time-out; streams of a server may be silent for long.
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { lookup } });
  return {
    async fetch(target, init) {
      const url = new URL(target);
      if (url.origin !== origin)
        throw new PerdureError('address_not_allowed', `${url.origin} may not be called here, only ${origin}`);
      // Addresses by number are never looked up.
      await guard.check(url);
      const response = await fetch(url, {
        ...(init as unknown as RequestInit),
        redirect: 'manual',
        dispatcher: agent,
      });
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        throw new PerdureError(
          'tool_failed',
          `HTTP ${response.status} from ${origin}: redirects are not followed`,
        );
      }
      const { status, statusText, headers } = response;
      const body = response.body?.pipeThrough(bounded(maxBytes)) ?? null;
      return new Response(body as ReadableStream | null, { status, statusText, headers: [...headers] });
    },
    close: () => agent.destroy(),
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
