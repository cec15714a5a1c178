/** Who a request acts for, and what that may do. */

/** `write` may read, too; `audit` may read the audit log and nothing else; `admin` may everything. */
export const scopes = ['read', 'write', 'audit', 'admin'] as const;
export type Scope = (typeof scopes)[number];

const holds: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  write: ['read', 'write'],
  audit: ['audit'],
  admin: scopes,
};

export const includesScope = (has: Scope, needed: Scope): boolean => holds[has].includes(needed);

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
