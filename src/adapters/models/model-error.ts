/** What went wrong with a provider, in our codes: whether asking again can help is decided here. */
import { APICallError, LoadAPIKeyError } from 'ai';
import { PerdureError, type ErrorCode } from '../../../contracts/errors.js';

const isContextWords =
  /context[ _]length|context window|maximum context|prompt is too long|input is too long|too many (?:input )?tokens/i;
const isQuotaWords = /insufficient_quota|exceeded your current quota|credit balance is too low|billing/i;
const isRateWords = /rate[ _]limit/i;

/** Characters of a provider's own words that are passed on. */
const MAX_WORDS = 300;

/** @param model its `provider:name`, for the person who reads the message */
export function modelError(model: string, error: unknown): PerdureError {
  const own = [error, error instanceof Error ? error.cause : undefined].find(
    (each): each is PerdureError => each instanceof PerdureError,
  );
  if (own?.code === 'address_not_allowed')
    return new PerdureError(
      'address_not_allowed',
      `${model}: ${own.message} (PERDURE_MODEL_ALLOW names hosts of models)`,
    );
  if (own !== undefined) return own;
  // An answer of 2xx has begun well: what broke it off is the line's doing.
  if (APICallError.isInstance(error) && (error.statusCode ?? 200) >= 300)
    return answered(model, error, error.statusCode ?? 500);
  const words = wordsOf(error);
  // Of a provider's package, which reads its key itself.
  if (LoadAPIKeyError.isInstance(error)) return new PerdureError('model_unauthorized', `${model}: ${words}`);
  const code = isContextWords.test(words)
    ? 'model_context_exceeded'
    : isQuotaWords.test(words)
      ? 'model_quota_exhausted'
      : isRateWords.test(words)
        ? 'model_rate_limited'
        : 'model_unavailable';
  return new PerdureError(code, `${model}: ${words}`, { cause: bare(error) });
}

function answered(model: string, error: APICallError, status: number): PerdureError {
  const words = wordsOf(error);
  const retryAfterSeconds = retryAfter(error.responseHeaders ?? {});
  return new PerdureError(
    codeOf(status, `${words} ${error.responseBody?.slice(0, 2_000) ?? ''}`),
    `${model} answered ${status}: ${words}`,
    { cause: bare(error), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
  );
}

function codeOf(status: number, words: string): ErrorCode {
  if (status === 401 || status === 403) return 'model_unauthorized';
  if (status === 402) return 'model_quota_exhausted';
  if (status === 429) return isQuotaWords.test(words) ? 'model_quota_exhausted' : 'model_rate_limited';
  if (status === 408 || status === 409 || status >= 500) return 'model_unavailable';
  if (status === 413 || isContextWords.test(words)) return 'model_context_exceeded';
  if (isQuotaWords.test(words)) return 'model_quota_exhausted';
  return 'model_refused';
}

/** Of an HTTP answer (RFC 9110, 10.2.3: seconds or a date), or `retry-after-ms` as some providers send it. */
function retryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const ms = Number(headers['retry-after-ms']);
  if (headers['retry-after-ms'] !== undefined && ms >= 0) return ms / 1000;
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

function wordsOf(error: unknown): string {
  const said =
    typeof error === 'object' && error !== null && 'message' in error
      ? String(error.message)
      : JSON.stringify(error);
  // A broken connection says why only in its cause.
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${said}${cause}`.replaceAll(/\s+/g, ' ').slice(0, MAX_WORDS);
}

/** The SDK's errors hold the whole request, and a log is no place for what people wrote. */
function bare(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(wordsOf(error));
  return Object.assign(new Error(message), { name, stack });
}
