/** The headers of answers that a client may decide by. */
import type { Json } from './json.js';

const text = { type: 'string' };

export const headers = {
  'X-Request-Id': {
    description: 'The caller’s own, or a new one; the log has the request under it.',
    schema: text,
  },
  Location: { description: 'Address of what was made.', schema: { type: 'string', format: 'uri-reference' } },
  ETag: {
    description:
      'Strong, changes with the content. Send it back as If-None-Match and get 304 while nothing has changed.',
    schema: { type: 'string', pattern: '^"[^"]*"$' },
  },
  'Last-Modified': { description: 'An HTTP date.', schema: text },
  'Accept-Ranges': {
    description: 'That a part may be asked for.',
    schema: { type: 'string', const: 'bytes' },
  },
  'Content-Range': {
    description: 'Which bytes these are, of how many.',
    schema: { type: 'string', pattern: '^bytes (\\d+-\\d+|\\*)/\\d+$' },
  },
  'Content-Disposition': { description: 'The file’s name (RFC 6266).', schema: text },
  'Idempotent-Replayed': {
    description: 'There when an earlier request with this key had started the run.',
    schema: { type: 'string', const: 'true' },
  },
  'Perdure-Warning': {
    description:
      '`no_worker_polling`: the run is safe with Temporal, but no worker is there to take it up; `no_tool_worker_polling`: none that calls its tools, where these have workers of their own.',
    schema: { type: 'string', enum: ['no_worker_polling', 'no_tool_worker_polling'] },
  },
  'RateLimit-Policy': {
    description:
      'The tenant’s limits (draft-ietf-httpapi-ratelimit-headers-10), such as `"submissions";q=60;w=60, "open-runs";q=10`. Not there without limits, nor of a repeat.',
    schema: text,
  },
  RateLimit: {
    description: 'What is left of them, such as `"submissions";r=59;t=42, "open-runs";r=3`.',
    schema: text,
  },
  'Retry-After': {
    description: 'Seconds after which a repeat makes sense.',
    schema: { type: 'string', pattern: '^\\d+$' },
  },
  'WWW-Authenticate': { description: 'What is missing, in the words of RFC 6750.', schema: text },
  Allow: { description: 'The methods of this address.', schema: text },
} as const satisfies Record<string, Json>;

export type HeaderName = keyof typeof headers;

export const headerRefs = (names: readonly HeaderName[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
