/** An error whose answer has headers of its own. */
import { PerdureError, type ErrorCode } from '../../contracts/errors.js';
import type { Principal } from '../../contracts/principal.js';

export type Holder = Pick<Principal, 'tenantId' | 'subject'>;

export class Refusal extends PerdureError {
  readonly headers: Readonly<Record<string, string>>;
  /** Who is refused, where the credentials are somebody's and count no more. */
  readonly holder: Holder | undefined;

  constructor(
    code: ErrorCode,
    detail: string,
    options: {
      headers: Record<string, string>;
      retryAfterSeconds?: number;
      cause?: unknown;
      holder?: Holder | undefined;
    },
  ) {
    const { headers, holder, ...rest } = options;
    super(code, detail, rest);
    this.headers = headers;
    this.holder = holder;
  }
}
