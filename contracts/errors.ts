/** An error of ours, as it is thrown and as it is told of elsewhere. */
import { errorTable, type ErrorCode } from './error-table.js';

export { errorTable, isErrorCode, type ErrorCode } from './error-table.js';

/** One wrong field: `field` is a path such as `plan.steps[2].tool`. */
export interface FieldError {
  field: string;
  message: string;
}

/** The error as it stands in events, run records and HTTP answers. */
export interface ErrorInfo {
  code: ErrorCode;
  message: string;
  retryable: boolean;
}

/** An error whose code, and so whose fate (terminal or retryable), is decided where it is thrown. */
export class PerdureError extends Error {
  override readonly name = 'PerdureError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  /** Seconds after which a retry makes sense, when the cause said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { cause?: unknown; errors?: readonly FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The error that somewhere else was told of by toInfo. */
  static from({ code, message }: ErrorInfo, retryAfterSeconds?: number): PerdureError {
    return new PerdureError(code, message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }

  toInfo(): ErrorInfo {
    return { code: this.code, message: this.message, retryable: this.retryable };
  }
}

/** The end of an irreversible tool of which nobody can say whether it acted. */
export const outcomeUnknown = (why: string): ErrorInfo => ({
  code: 'outcome_unknown',
  message: `${why}; whether it acted is not known`,
  retryable: false,
});
