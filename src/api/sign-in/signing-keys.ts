/**
 * The public keys of an issuer, from its JWKS: kept, asked for anew when a token names an unknown one and from
 * time to time, and used on while the issuer cannot be reached.
 */
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
} from 'jose';
import { PerdureError } from '../../../contracts/errors.js';
import type { Logger } from '../../ports/logger.js';

export type SigningKeys = (header: JWTHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

export interface SigningKeyOptions {
  /** After so many milliseconds the keys are asked for anew: a key that was withdrawn counts no longer then. */
  freshMs?: number;
  /** Between two requests for unknown keys, and after one that failed. */
  cooldownMs?: number;
  /** One request may take so many milliseconds. */
  timeoutMs?: number;
}

/** Each call rejects with `sign_in_unavailable` when no keys can be had, or with jose's word on the token. */
export function createSigningKeys(
  url: string,
  logger: Logger,
  { freshMs = 600_000, cooldownMs = 10_000, timeoutMs = 5_000 }: SigningKeyOptions = {},
): SigningKeys {
  let due = 0;
  let failure: { error: unknown; until: number } | undefined;
  // jose would throw its keys away when they are old and the issuer is down; here their age is ours to judge.
  const keys = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Infinity,
    cooldownDuration: cooldownMs,
    timeoutDuration: timeoutMs,
    // Whatever token comes, an issuer that fails is not asked more than once in a while.
    [customFetch]: async (address, init) => {
      if (failure !== undefined && Date.now() < failure.until) throw failure.error;
      return fetch(address, init);
    },
  });
  const guarded = async <Value>(act: () => Promise<Value>): Promise<Value> => {
    try {
      return await act();
    } catch (error) {
      if (isAboutToken(error)) throw error;
      if (failure === undefined || Date.now() >= failure.until) {
        failure = { error, until: Date.now() + cooldownMs };
        logger.error({ err: error, url }, 'the keys of the sign-in cannot be had');
      }
      throw new PerdureError('sign_in_unavailable', 'the keys that tokens are checked with cannot be had', {
        cause: error,
        retryAfterSeconds: Math.max(1, (failure.until - Date.now()) / 1_000),
      });
    }
  };
  return async (header, token) => {
    const now = Date.now();
    if (now >= due) {
      // One asks; who comes meanwhile goes on with the keys that are there.
      due = now + cooldownMs;
      const known = keys.jwks() !== undefined;
      await guarded(() => keys.reload()).then(
        () => (due = Date.now() + freshMs),
        (error: unknown) => {
          if (!known) throw error;
        },
      );
    }
    return guarded(() => keys(header, token));
  };
}

/** As against the issuer's answer, or its silence. */
const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;
