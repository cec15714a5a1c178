/** Who issues the tokens by which people sign in. */
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import { publicSupabaseUrl } from './supabase-auth.js';

export interface TokenConfig {
  /** Keys of asymmetric tokens; null where there are none. */
  readonly jwksUrl: string | null;
  /** The legacy shared secret (HS256); null where there is none. */
  readonly secret: string | null;
  readonly issuer: string;
  readonly audience: string;
}

/** @returns null where none are accepted */
export function tokensOf(e: Environment): TokenConfig | null {
  const auth = e.SUPABASE_URL === undefined ? undefined : `${e.SUPABASE_URL}/auth/v1`;
  // It names itself by the address that people know it by.
  const known = publicSupabaseUrl(e);
  const jwksUrl = e.PERDURE_JWKS_URL ?? (auth === undefined ? undefined : `${auth}/.well-known/jwks.json`);
  if (jwksUrl === undefined && e.SUPABASE_JWT_SECRET === undefined) return null;
  const issuer = e.PERDURE_JWT_ISSUER ?? (known === undefined ? undefined : `${known}/auth/v1`);
  if (issuer === undefined)
    throw new ConfigError('PERDURE_JWT_ISSUER must be set with PERDURE_JWKS_URL or SUPABASE_JWT_SECRET');
  return Object.freeze({
    jwksUrl: jwksUrl ?? null,
    secret: e.SUPABASE_JWT_SECRET ?? null,
    issuer,
    audience: e.PERDURE_JWT_AUDIENCE,
  });
}
