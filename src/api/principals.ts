/** Remembers who sends a request, from the gate to the routes and the access log. */
import type { Request } from 'express';
import type { Principal } from '../../contracts/principal.js';

const principals = new WeakMap<Request, Principal>();

export const rememberPrincipal = (req: Request, principal: Principal): void => {
  principals.set(req, principal);
};

/** Undefined until it was found out. */
export const knownPrincipal = (req: Request): Principal | undefined => principals.get(req);

/** Of a request that came through the gate. */
export function principalOf(req: Request): Principal {
  const principal = principals.get(req);
  if (principal === undefined) throw new Error('the request did not come through the gate');
  return principal;
}
