/** The headers of `http_fetch`: which may be sent, which cross to another origin, which come back. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { IncomingHttpHeaders } from 'undici/types/header.js';

// They frame the message or say which host it is for: set from the URL and by undici, never by a plan.
const reserved = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// Stricter than dropping authorization, cookie and proxy-*: keys travel in headers of any name.
const harmless = new Set(['accept', 'accept-encoding', 'accept-language', 'range', 'user-agent']);

/** Why a request header is refused, without its value; undefined when it may be sent. */
export function headerProblem(name: string, value: string): string | undefined {
  if (reserved.has(name.toLowerCase())) return 'is a header that perdure sets itself';
  try {
    validateHeaderName(name);
  } catch {
    return 'is not a header name';
  }
  try {
    validateHeaderValue(name, value);
  } catch {
    return 'has a value with characters that a header cannot carry';
  }
  return undefined;
}

/** The headers to send: names in lower case, with those that perdure sets. */
export const requestHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> => ({
  accept: '*/*',
  'user-agent': 'perdure',
  ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  'accept-encoding': 'gzip, br',
});

/** Values for secrets that are named in headers; not in those that follow a redirect to another origin. */
export const filledHeaders = (
  headers: Readonly<Record<string, string>>,
  fill: (text: string) => string,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      harmless.has(name.toLowerCase()) ? value : fill(value),
    ]),
  );

/** The headers that may follow a redirect to another origin. */
export const withoutSecrets = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => harmless.has(name)));

/** The answer's headers for a step's output; cookies would end up in the run's history. */
export const answerHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || name === 'set-cookie'
        ? []
        : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );

/** Seconds from now that a Retry-After header asks for, a day at most; undefined without a readable one. */
export function retryAfterSeconds(value: string | undefined, now = Date.now()): number | undefined {
  const text = value?.trim() ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, Math.ceil(seconds)), 86_400);
}
