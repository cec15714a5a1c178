/** What goes wrong with an HTTP exchange, in the codes of the error table. */
import { errors, type Dispatcher } from 'undici';
import { PerdureError } from '../../contracts/errors.js';
import { beginning } from './http-body.js';
import { answerHeaders, retryAfterSeconds } from './http-headers.js';

const retryableStatuses = new Set([408, 425, 429]);

/** What an answer without success means: a status that passes may be tried again. */
export async function refusal(
  url: URL,
  { body, statusCode: status, headers: given }: Dispatcher.ResponseData,
): Promise<PerdureError> {
  const headers = answerHeaders(given);
  const start = await beginning(body, headers['content-encoding'] ?? '');
  // Without the query, where keys travel.
  const detail = `HTTP ${status} from ${url.origin}${url.pathname}${start === '' ? '' : `: ${start}`}`;
  if (status < 500 && !retryableStatuses.has(status)) return new PerdureError('tool_failed', detail);
  const seconds = retryAfterSeconds(headers['retry-after']);
  return new PerdureError(
    'tool_unavailable',
    detail,
    seconds === undefined ? {} : { retryAfterSeconds: seconds },
  );
}

/** What went wrong on the way to a host, or back. */
export function unavailable(error: unknown, url: URL): PerdureError {
  const { host } = url;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const text = error instanceof Error ? error.message : String(error);
  // A failure to reach any of several addresses has a code and no message.
  const why = text === '' || text.includes(code) ? text || code : `${text} (${code})`;
  // What zlib cannot read it will not be able to read next time.
  if (code.startsWith('Z_') || code.startsWith('ERR_BROTLI') || code.startsWith('ERR__ERROR_'))
    return new PerdureError('tool_failed', `${host}: the compressed answer is broken: ${why}`, {
      cause: error,
    });
  if (isMalformed(error))
    return new PerdureError('tool_failed', `${host}: the answer is no valid HTTP: ${why}`, { cause: error });
  return new PerdureError('tool_unavailable', `${host} could not be reached or broke off: ${why}`, {
    cause: error,
  });
}

/** What the same server would say again; an answer that breaks off early is another error of undici's. */
const isMalformed = (error: unknown): boolean =>
  error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError;
