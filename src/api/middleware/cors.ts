/** Lets the pages of listed sites call the API from a browser; all others are left to the browser's own rule. */
import cors from 'cors';
import type { RequestHandler } from 'express';

const EXPOSED = [
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'Perdure-Warning',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];
const ALLOWED = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
];
/** Seconds that a browser may remember a preflight; Chromium heeds no more. */
const PREFLIGHT_SECONDS = 7_200;

/** @param origins exact: scheme, host and port. Nothing for none */
export function createCors(origins: readonly string[]): RequestHandler[] {
  if (origins.length === 0) return [];
  const listed = cors({
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [...ALLOWED, 'Range', 'X-Request-Id'],
    exposedHeaders: [...EXPOSED, 'Accept-Ranges', 'Content-Range'],
    maxAge: PREFLIGHT_SECONDS,
    // Who calls is said by the Authorization header, never by a cookie.
    credentials: false,
  });
  return [
    (req, res, next) => {
      // Others get answers as if there were no such list; only that it matters is said, for caches.
      const { origin } = req.headers;
      if (origin !== undefined && origins.includes(origin)) listed(req, res, next);
      else {
        res.vary('Origin');
        next();
      }
    },
  ];
}
