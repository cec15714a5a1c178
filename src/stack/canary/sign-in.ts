/** Lets this process's own canary in, by a token that exists in its memory only. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { CANARY_TENANT } from '../../../contracts/canary.js';
import type { Principal } from '../../../contracts/principal.js';
import type { SignIn } from '../../api/sign-in/sign-in.js';

const canary: Principal = { tenantId: CANARY_TENANT, subject: 'canary', scope: 'write', expiresAt: null };

export function withCanary(signIn: SignIn): { signIn: SignIn; token: string } {
  const token = randomBytes(32).toString('base64url');
  const wanted = Buffer.from(`Bearer ${token}`);
  return {
    token,
    signIn: {
      ...signIn,
      async identify(req) {
        const given = Buffer.from(req.headers.authorization ?? '');
        const isCanary = given.length === wanted.length && timingSafeEqual(given, wanted);
        return isCanary ? canary : signIn.identify(req);
      },
    },
  };
}
