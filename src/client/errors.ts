/** What can go wrong between a client and the server. */
import type { Problem } from '../../contracts/api.js';
import type { ErrorCode } from '../../contracts/errors.js';

/** The server answered with an error. `message` is its detail; decide by `code`, never by the texts. */
export class PerdureApiError extends Error {
  override readonly name = 'PerdureApiError';
  /** Of the table in docs/errors.md; undefined when the answer came from something before the server, as a proxy. */
  readonly code: ErrorCode | undefined;

  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
    /** Seconds after which the server wants to be asked again, when it said so. */
    readonly retryAfterSeconds?: number,
  ) {
    // Of perdure's own answers each says why: a bare 404 comes from another server.
    const question = status === 404 ? ': is it perdure?' : '';
    super(problem.detail ?? problem.title ?? `the server answered ${status}${question}`);
    this.code = problem.code;
  }
}

/** No answer: nothing listens there, the connection broke, or nothing came for too long. */
export class PerdureConnectionError extends Error {
  override readonly name = 'PerdureConnectionError';

  constructor(
    /** The base address of the server. */
    readonly address: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`${address} ${what}`, options);
  }
}

/** What Node's fetch hides below "fetch failed". */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return causeOf(error.cause);
  // Of an address with several, tried in turn, each failure is inside and the message is empty.
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
