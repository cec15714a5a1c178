/** One HTTP request with its redirects, every hop checked and pinned by the address guard. */
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, request, type Dispatcher } from 'undici';
import { PerdureError } from '../../contracts/errors.js';
import { tracedRequest } from '../ports/traced-request.js';
import type { Tracer } from '../ports/tracer.js';
import type { AddressGuard } from './address-guard.js';
import { withoutSecrets } from './http-headers.js';

const MAX_REDIRECTS = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

export interface Exchange {
  url: URL;
  response: Dispatcher.ResponseData;
}

/**
 * Hands the final answer to `use` and closes the connection when that is done, whatever happened.
 * @throws PerdureError `address_not_allowed` or `tool_failed`; undici's and DNS errors as they are
 */
export async function exchange<Result>(
  first: { url: URL; method: Dispatcher.HttpMethod; headers: Record<string, string>; body?: string },
  options: { guard: AddressGuard; tracer: Tracer; signal: AbortSignal; maxRedirects?: number },
  use: (exchange: Exchange) => Promise<Result>,
): Promise<Result> {
  const { guard, tracer, signal, maxRedirects = MAX_REDIRECTS } = options;
  const { method, body = null } = first;
  let { url, headers } = first;
  for (let redirects = 0; ; redirects++) {
    const addresses = await unlessAborted(guard.check(url), signal);
    const agent = new Agent({
      // The caller's time-out is the only one; it covers the whole exchange.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { lookup: pinnedTo(addresses) },
    });
    try {
      const sent = { dispatcher: agent, method, body, signal };
      const hop = { url, headers };
      const response = await tracedRequest(
        tracer,
        { method, url },
        (more) => request(hop.url, { ...sent, headers: { ...hop.headers, ...more } }),
        ({ statusCode }) => statusCode,
      );
      // Destroying the agent may break the body off after its reader has gone: an error to nobody.
      response.body.on('error', () => undefined);
      if (!redirectStatuses.has(response.statusCode)) return await use({ url, response });
      const next = redirectTarget(response, url);
      if (redirects === maxRedirects)
        throw new PerdureError(
          'tool_failed',
          maxRedirects === 0
            ? `HTTP ${response.statusCode} leads from ${url.host} to ${next.host}, which is not followed`
            : `more than ${maxRedirects} redirects, the last to ${next.host}`,
        );
      if (next.origin !== url.origin) headers = withoutSecrets(headers);
      url = next;
    } finally {
      await agent.destroy();
    }
  }
}

function redirectTarget(response: Dispatcher.ResponseData, from: URL): URL {
  const { location } = response.headers;
  if (typeof location === 'string' && URL.canParse(location, from.href)) return new URL(location, from);
  throw new PerdureError(
    'tool_failed',
    `HTTP ${response.statusCode} from ${from.host} redirects to no address`,
  );
}

/** A lookup that knows one answer: what the guard has checked is what gets called. */
const pinnedTo =
  (addresses: readonly LookupAddress[]): LookupFunction =>
  (hostname, options, callback) => {
    const first = addresses[0];
    if (first === undefined) callback(new Error(`${hostname} has no address`), '');
    else if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };

/** DNS lookups cannot be aborted, only left behind. */
async function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop = (): void => undefined;
  try {
    return await new Promise<Value>((resolve, reject) => {
      stop = () => {
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop);
      work.then(resolve, reject);
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
