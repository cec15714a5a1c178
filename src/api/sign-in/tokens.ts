/** Tokens (JWT) of people who signed in elsewhere, in the form that Supabase Auth gives them. */
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { z } from 'zod';
import { scopes, type Principal } from '../../../contracts/principal.js';
import { isTenantName } from '../../../contracts/tenant-name.js';
import type { Logger } from '../../ports/logger.js';
import type { Holder } from '../refusal.js';
import { createSigningKeys, type SigningKeyOptions, type SigningKeys } from './signing-keys.js';
import { badToken } from './unauthenticated.js';

export interface TokenOptions {
  /** Address of the issuer's public keys; null where there are none. */
  readonly jwksUrl: string | null;
  /** The shared secret of HS256; null where there is none. */
  readonly secret: string | null;
  readonly issuer: string;
  readonly audience: string;
}

/** @throws PerdureError `unauthenticated` with what is wrong, `sign_in_unavailable` */
export type TokenCheck = (token: string) => Promise<Principal>;

const ASYMMETRIC = ['RS256', 'ES256', 'EdDSA'];
/** Seconds that the issuer's clock and ours may differ. */
const TOLERANCE = 5;

const tenantName = z.string().refine(isTenantName);

// In `user_metadata` people may write what they like: it is not even looked at.
const claims = z.object({
  sub: tenantName,
  exp: z.number(),
  role: z.string().optional(),
  app_metadata: z
    .object({ tenant_id: tenantName, perdure_scope: z.enum(scopes), perdure_operator: z.boolean() })
    .partial()
    .optional(),
});

export function createTokenCheck(
  options: TokenOptions,
  logger: Logger,
  keyOptions?: SigningKeyOptions,
): TokenCheck {
  const secret = options.secret === null ? null : new TextEncoder().encode(options.secret);
  const keys = options.jwksUrl === null ? null : createSigningKeys(options.jwksUrl, logger, keyOptions);
  const rules: JWTVerifyOptions = {
    issuer: options.issuer,
    audience: options.audience,
    clockTolerance: TOLERANCE,
    requiredClaims: ['exp', 'sub'],
  };
  return async (token) => {
    try {
      return principalOf(await verify(token, { secret, keys, rules }));
    } catch (error) {
      if (error instanceof errors.JOSEError) throw badToken(faultOf(error), error, formerHolder(error));
      throw error;
    }
  };
}

interface Means {
  secret: Uint8Array | null;
  keys: SigningKeys | null;
  rules: JWTVerifyOptions;
}

/** A token picks among the algorithms, never what a key is used for: a public key is no shared secret. */
async function verify(token: string, { secret, keys, rules }: Means): Promise<JWTPayload> {
  const { alg } = headerOf(token);
  if (alg === 'HS256' && secret !== null)
    return (await jwtVerify(token, secret, { ...rules, algorithms: ['HS256'] })).payload;
  if (keys === null || alg === undefined || !ASYMMETRIC.includes(alg))
    throw badToken('the token is signed by an algorithm that is not accepted here');
  return (await jwtVerify(token, keys, { ...rules, algorithms: ASYMMETRIC })).payload;
}

function headerOf(token: string): { alg?: string | undefined } {
  try {
    return decodeProtectedHeader(token);
  } catch (error) {
    throw badToken('what stands after Bearer is neither a token nor an API key', error);
  }
}

function principalOf(payload: JWTPayload): Principal {
  const { success, data } = claims.safeParse(payload);
  if (!success)
    throw badToken('the claims sub, app_metadata.tenant_id, perdure_scope or perdure_operator are no good');
  if (data.role === 'service_role')
    throw badToken(
      'this is the service_role key: it is nobody’s, and belongs into the server’s settings only',
    );
  if (data.role !== 'authenticated') throw badToken('the token’s role is not authenticated: sign in first');
  return {
    ...holderOf(data),
    scope: data.app_metadata?.perdure_scope ?? 'write',
    ...(data.app_metadata?.perdure_operator === true ? { operator: true } : {}),
    expiresAt: (data.exp + TOLERANCE) * 1_000,
  };
}

/** Whose a token was that is signed as it should be and has expired. */
function formerHolder(error: errors.JOSEError): Holder | undefined {
  if (!(error instanceof errors.JWTExpired)) return undefined;
  const { success, data } = claims.safeParse(error.payload);
  return success && data.role === 'authenticated' ? holderOf(data) : undefined;
}

const holderOf = ({ sub, app_metadata }: z.infer<typeof claims>): Holder => ({
  tenantId: app_metadata?.tenant_id ?? sub,
  subject: `user:${sub}`,
});

function faultOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired; get a new one';
  if (error instanceof errors.JWTClaimValidationFailed)
    return claimFaults[error.claim] ?? 'a claim is no good';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the token’s signature is not right';
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'the token is signed by a key (kid) that the issuer does not know';
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'the token does not name its key (kid)';
  if (error instanceof errors.JOSEAlgNotAllowed)
    return 'the token is signed by an algorithm that is not accepted here';
  return 'the token cannot be read';
}

const claimFaults: Record<string, string> = {
  iss: 'the token is by another issuer (iss)',
  aud: 'the token is for another audience (aud)',
  nbf: 'the token is not valid yet (nbf)',
  exp: 'the token has no time when it expires (exp)',
  sub: 'the token names nobody (sub)',
};
