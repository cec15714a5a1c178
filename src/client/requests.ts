/** One call of the API: its address, its sign-in, its time limit, and when it is tried again. */
import { addressOf, api, type Problem, type RouteName } from '../../contracts/api.js';
import { causeOf, PerdureApiError, PerdureConnectionError } from './errors.js';
import { backOff, pause } from './pauses.js';

export interface ClientOptions {
  /** Of the server, with or without a path: `https://perdure.example.com`, `http://127.0.0.1:8080`. */
  baseUrl: string;
  /** Of a sign-in, or an API key; a function is asked before every request, so that a token may be renewed. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** Instead of the global one. */
  fetch?: typeof globalThis.fetch | undefined;
  /** How often a call that may be repeated is tried again when it meets a passing fault; 2 unless told. */
  retries?: number | undefined;
  /** How long a call may wait for its answer to begin; 60 s unless told. Uploads are not bounded by it. */
  timeoutMs?: number | undefined;
}

/** What every call takes. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Is shown the answer, for its headers: rate limits, `Perdure-Warning`, `X-Request-Id`. Its body is not for it. */
  onResponse?: ((response: Response) => void) | undefined;
}

export interface RequestDetails extends CallOptions {
  parameters?: Record<string, string>;
  query?: URLSearchParams;
  headers?: Record<string, string | undefined>;
  body?: RequestInit['body'];
  /** Whether a second try does no more than the first: as the method says, unless told. */
  repeatable?: boolean;
  /** Null for no limit. */
  timeoutMs?: number | null;
  retries?: number;
  /** Statuses that are no error although they are not 2xx. */
  alsoOk?: readonly number[];
}

/**
 * @param read takes what is wanted of the answer; within the time limit, and again with each try
 * @throws PerdureApiError, PerdureConnectionError, or the signal's reason
 */
export type Requests = <Result>(
  route: RouteName,
  details: RequestDetails,
  read: (response: Response) => Result | Promise<Result>,
) => Promise<Result>;

export const TIMEOUT_MS = 60_000;
const RETRIES = 2;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 8_000;
/** Whoever has to wait longer is told rather than kept. */
const MAX_RETRY_AFTER_S = 30;
const passing = [408, 425, 429, 502, 503, 504];

export function createRequests(options: ClientOptions): Requests {
  const base = options.baseUrl.replace(/\/+$/, '');
  // Called as a function of no object: browsers refuse any other `this` than the window.
  const send = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  const once: Requests = async (route, details, read) => {
    const { parameters, query, body, signal, onResponse, alsoOk = [] } = details;
    refuseElsewhere(parameters);
    const limit = details.timeoutMs === undefined ? (options.timeoutMs ?? TIMEOUT_MS) : details.timeoutMs;
    const search = query === undefined || query.size === 0 ? '' : `?${query.toString()}`;
    const headers = await headersOf(options.token, details.headers);
    const timed = timedSignal(signal, limit);
    let answered = false;
    try {
      const response = await send(`${base}${addressOf(route, parameters)}${search}`, {
        method: api[route].method,
        headers,
        signal: timed.signal,
        ...(body === undefined ? {} : { body }),
        // A body that is read while it is sent needs it, or fetch refuses; types know nothing of it yet.
        ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
      });
      answered = true;
      onResponse?.(response);
      if (!response.ok && !alsoOk.includes(response.status)) throw await apiError(response);
      return await read(response);
    } catch (error) {
      if (error instanceof PerdureApiError) throw error;
      signal?.throwIfAborted();
      throw new PerdureConnectionError(base, complaint(error, answered, timed.late() ? limit : null), {
        cause: error,
      });
    } finally {
      timed.clear();
    }
  };

  return async (route, details, read) => {
    const { method } = api[route];
    const { repeatable = method !== 'POST', retries = options.retries ?? RETRIES, signal } = details;
    for (let failures = 0; ; failures += 1) {
      try {
        return await once(route, details, read);
      } catch (error) {
        const isPassing = error instanceof PerdureConnectionError || isPassingError(error);
        if (!repeatable || !isPassing || failures >= retries) throw error;
        const asked = error instanceof PerdureApiError ? (error.retryAfterSeconds ?? 0) : 0;
        if (asked > MAX_RETRY_AFTER_S) throw error;
        await pause(Math.max(backOff(failures, FIRST_PAUSE_MS, MAX_PAUSE_MS), asked * 1_000), signal);
      }
    }
  };
}

function complaint(error: unknown, answered: boolean, lateAfterMs: number | null): string {
  if (lateAfterMs !== null) return `has not answered within ${lateAfterMs / 1_000} s`;
  if (error instanceof SyntaxError) return 'did not answer with JSON: is it perdure?';
  return `${answered ? 'broke off its answer' : 'cannot be reached'}: ${causeOf(error)}`;
}

/** Whether the same request may be answered otherwise later. */
export const isPassingError = (error: unknown): boolean =>
  error instanceof PerdureApiError && passing.includes(error.status);

/**
 * Of "." and ".." an address would lead elsewhere, to another call than the one that is meant, before the server could
 * refuse them; so it is answered here as it would be there.
 */
function refuseElsewhere(parameters: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(parameters)) {
    const segments = value.split('/');
    if (value !== '' && !segments.includes('.') && !segments.includes('..')) continue;
    const quoted = JSON.stringify(value);
    throw name === 'path'
      ? new PerdureApiError(422, { code: 'invalid_path', detail: `${quoted} is no path of a file` })
      : new PerdureApiError(404, { code: 'not_found', detail: `${quoted} is no id` });
  }
}

async function headersOf(
  token: ClientOptions['token'],
  given: Record<string, string | undefined> = {},
): Promise<Headers> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) headers.set(name, value);
  const bearer = typeof token === 'function' ? await token() : token;
  // The platform's own complaint would show it.
  if (bearer !== undefined && !/^[\x21-\x7e]*$/.test(bearer))
    throw new TypeError('the token has characters that no header can carry');
  if (bearer !== undefined && bearer !== '') headers.set('authorization', `Bearer ${bearer}`);
  return headers;
}

/** The caller's signal with a time limit. */
function timedSignal(
  signal: AbortSignal | undefined,
  limit: number | null,
): { signal: AbortSignal; late: () => boolean; clear: () => void } {
  const controller = new AbortController();
  let late = false;
  const timer =
    limit === null
      ? undefined
      : setTimeout(() => {
          late = true;
          controller.abort();
        }, limit);
  const both = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
  return {
    signal: both,
    late: () => late,
    clear: () => {
      clearTimeout(timer);
    },
  };
}

async function apiError(response: Response): Promise<PerdureApiError> {
  const text = await response.text().catch(() => '');
  return new PerdureApiError(response.status, problemOf(text), retryAfter(response.headers));
}

function problemOf(text: string): Partial<Problem> {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    // A page of something before the server: its status is all there is to say.
    return {};
  }
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1_000));
}
