/** Who a request acts for, and what that may do. */

/** Each holds what stands before it: `admin` may write, and `write` may read. */
export const scopes = ['read', 'write', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export const includesScope = (has: Scope, needed: Scope): boolean =>
  scopes.indexOf(has) >= scopes.indexOf(needed);

export interface Principal {
  /** Whose runs these are. */
  tenantId: string;
  /** The person or the key, for logs and records: `user:<id>`, `key:<id>`, or `local`. */
  subject: string;
  scope: Scope;
  /** The one run that it may see, where a link to that was shared. */
  runId?: string;
  /** Whether it is told of the whole system, whatever its tenant. */
  operator?: true;
  /** Milliseconds since 1970 after which this is no longer true; null when it does not pass by itself. */
  expiresAt: number | null;
}
