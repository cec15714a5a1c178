/** Who may not do what, and how much is too much. */
import { entry, type ErrorEntry } from './entry.js';

export const accessErrors = {
  unauthenticated: entry(
    401,
    false,
    'Who is calling is not known',
    'Send Authorization: Bearer with a token of your sign-in or an API key; the detail says what was wrong.',
  ),
  sign_in_unavailable: entry(
    503,
    true,
    'The keys of the sign-in cannot be had',
    'Try again; whoever signed in while they could be had goes on. The log has the cause.',
  ),
  stream_tickets_unavailable: entry(
    501,
    false,
    'This server gives no stream tickets',
    'Send the Authorization header with the stream, or have the operator set PERDURE_TICKET_SECRET.',
  ),
  insufficient_scope: entry(
    403,
    false,
    'The token or key may not do this',
    'Use one with the scope that the detail names.',
  ),
  api_key_not_found: entry(404, false, 'There is no such API key', 'List the keys with GET /v1/api-keys.'),
  rate_limited: entry(
    429,
    true,
    'Too many requests',
    'Try again after Retry-After seconds; the RateLimit headers say what is left.',
  ),
  run_limit_reached: entry(
    429,
    true,
    'Too many runs are open',
    'Try again when some of them have ended, or cancel those that are not needed.',
  ),
  stream_limit_reached: entry(
    429,
    true,
    'Too many event streams are open',
    'Close streams that nobody reads, read several runs’ events by pages, or have the operator raise the limit.',
  ),
  storage_limit_reached: entry(
    429,
    true,
    'The files take up all the room there is',
    'Delete files or runs that are not needed, or have the operator raise the limit.',
  ),
} as const satisfies Record<string, ErrorEntry>;
