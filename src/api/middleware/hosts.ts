/** Keeps other web sites out: DNS rebinding by the Host header, cross-site requests by Origin. */
import type { RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';

const loopback = ['localhost', '127.0.0.1', '::1'];

/**
 * @param allowedHosts names beside the loopback ones; null allows any
 * @param allowedOrigins whose pages may change things here
 */
export function createHostGuard(
  allowedHosts: readonly string[] | null,
  allowedOrigins: readonly string[],
): RequestHandler {
  const allowed = allowedHosts === null ? null : new Set([...loopback, ...allowedHosts.map(bare)]);
  return (req, _res, next) => {
    const host = req.headers.host ?? '';
    // Node takes the first of several; whoever stands before us may have taken the last (RFC 9112, 3.2).
    if (req.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length > 1)
      throw refusal('host', 'a request has one Host header');
    if (allowed !== null && !allowed.has(bare(host)))
      throw refusal(
        'host',
        `the host ${JSON.stringify(host.slice(0, 200))} is not one this server answers to`,
      );
    const { origin } = req.headers;
    if (
      origin !== undefined &&
      req.method !== 'GET' &&
      req.method !== 'HEAD' &&
      !allowedOrigins.includes(origin) &&
      hostOf(origin) !== host.toLowerCase()
    )
      throw refusal(
        'origin',
        `requests from ${JSON.stringify(origin.slice(0, 200))} may not change anything here`,
      );
    next();
  };
}

const refusal = (field: string, message: string): PerdureError =>
  new PerdureError('host_not_allowed', message, { errors: [{ field, message }] });

/** Without port and brackets, in lower case: "[::1]:8080" is ::1. */
function bare(host: string): string {
  const name = host.trim().toLowerCase();
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(name)?.[1];
  if (bracketed !== undefined) return bracketed;
  // More than one colon without brackets is an IPv6 address as a configuration may write it.
  return name.split(':').length > 2 ? name : name.replace(/:\d+$/, '');
}

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined;
