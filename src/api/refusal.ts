/** An error whose answer has headers of its own. */
import { PerdureError, type ErrorCode } from '../../contracts/errors.js';

export class Refusal extends PerdureError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { headers: Record<string, string>; retryAfterSeconds?: number; cause?: unknown },
  ) {
    const { headers, ...rest } = options;
    super(code, detail, rest);
    this.headers = headers;
  }
}
