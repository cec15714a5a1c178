/** `fetch` over connections that the address guard has checked: what is called is what was checked, by no proxy. */
import type { LookupFunction } from 'node:net';
import { Agent, fetch, type RequestInit } from 'undici';
import { PerdureError } from '../../contracts/errors.js';
import type { AddressGuard } from './address-guard.js';

export interface PinnedFetch {
  fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

/** No redirect is followed: it is an answer, or an error where the caller says so. Time-outs are the caller's. */
export function createPinnedFetch(guard: AddressGuard): PinnedFetch {
  const agents = new Map<string, Agent>();
  // A connection's lookup is told the name alone, and what the guard says depends on the port, too.
  const agentOf = (origin: string): Agent => {
    const agent = agents.get(origin) ?? openAgent(guard, origin);
    agents.set(origin, agent);
    return agent;
  };
  return {
    async fetch(input, init) {
      const asked = input instanceof Request ? ofRequest(input) : {};
      const url = new URL(input instanceof Request ? input.url : input);
      // Also here, for addresses by number are never looked up.
      await guard.check(url);
      const options = { ...asked, ...(init as unknown as RequestInit) };
      const redirect = options.redirect === 'error' ? 'error' : 'manual';
      try {
        const response = await fetch(url, { ...options, redirect, dispatcher: agentOf(url.origin) });
        const { status, statusText, headers, body } = response;
        return new Response(body as ReadableStream | null, { status, statusText, headers: [...headers] });
      } catch (error) {
        // "fetch failed" says nothing; what the guard said does.
        if (error instanceof Error && error.cause instanceof PerdureError) throw error.cause;
        throw error;
      }
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

function openAgent(guard: AddressGuard, origin: string): Agent {
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
  return new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { lookup } });
}

/** A request of Node's own fetch, which this one does not know. */
function ofRequest({ method, headers, body, signal }: Request): RequestInit {
  return {
    method,
    headers: [...headers] as [string, string][],
    signal,
    ...(body === null ? {} : { body: body, duplex: 'half' }),
  };
}
