/**
 * Tickets for one run's event stream: an EventSource cannot send a header, and a token in an address would end
 * up in logs and histories. A ticket opens one stream of one run within a minute, and is worth nothing else.
 */
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Principal } from '../../../contracts/principal.js';
import { badToken } from './unauthenticated.js';

export interface StreamTickets {
  /** For the holder's own run. */
  issue(holder: Principal, runId: string): Promise<{ ticket: string; expiresAt: string }>;
  /** @throws PerdureError `unauthenticated` */
  principalOf(ticket: string, runId: string): Promise<Principal>;
}

const AUDIENCE = 'perdure:stream';
const LIFE_SECONDS = 60;

const claims = z.object({
  sub: z.string(),
  tenant: z.string(),
  run: z.string(),
  until: z.number().nullable(),
});

/** @param secret the same for all API processes */
export function createStreamTickets(secret: string, now: () => number = Date.now): StreamTickets {
  const key = new TextEncoder().encode(secret);
  return {
    async issue({ tenantId, subject, expiresAt }, runId) {
      const expires = Math.floor(now() / 1_000) + LIFE_SECONDS;
      const ticket = await new SignJWT({ tenant: tenantId, run: runId, until: expiresAt })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(subject)
        .setAudience(AUDIENCE)
        .setExpirationTime(expires)
        .sign(key);
      return { ticket, expiresAt: new Date(expires * 1_000).toISOString() };
    },

    async principalOf(ticket, runId) {
      try {
        const { payload } = await jwtVerify(ticket, key, {
          algorithms: ['HS256'],
          audience: AUDIENCE,
          requiredClaims: ['exp'],
          currentDate: new Date(now()),
        });
        const { sub, tenant, run, until } = claims.parse(payload);
        if (run !== runId)
          throw badToken('the ticket is for another run', undefined, { tenantId: tenant, subject: sub });
        // The stream it opened lives as long as the sign-in that asked for it.
        return { tenantId: tenant, subject: sub, scope: 'read', expiresAt: until };
      } catch (error) {
        if (error instanceof errors.JWTExpired)
          throw badToken('the ticket has expired; get a new one', error);
        if (error instanceof errors.JOSEError || error instanceof z.ZodError)
          throw badToken('the ticket is none of this server', error);
        throw error;
      }
    },
  };
}
