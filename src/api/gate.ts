/** Lets through who may do what an address is for; the one place where scopes are enforced. */
import type { Request, RequestHandler, Response } from 'express';
import type { RouteName } from '../../contracts/api.js';
import { includesScope, type Principal, type Scope } from '../../contracts/principal.js';
import type { ApiContext } from './context.js';
import { holdToRun } from './shared-run.js';
import { rememberPrincipal } from './principals.js';
import { scopeMissing } from './sign-in/unauthenticated.js';

export function createGate(context: ApiContext, route: RouteName, needed: Scope): RequestHandler {
  return async (req, res, next) => {
    const principal = await identify(context, req, route);
    rememberPrincipal(req, principal);
    holdToRun(principal, route, req);
    if (!includesScope(principal.scope, needed)) throw scopeMissing(needed, principal.scope);
    if (principal.subject.startsWith('key:')) endWhenRevoked(context, principal, res);
    next();
  };
}

function identify({ signIn }: ApiContext, req: Request, route: RouteName): Promise<Principal> {
  const { ticket } = req.query;
  const { id } = req.params;
  const byTicket = route === 'streamEvents' && typeof ticket === 'string' && typeof id === 'string';
  return byTicket && req.headers.authorization === undefined
    ? signIn.ofTicket(ticket, id.toLowerCase())
    : signIn.identify(req);
}

/** An answer that goes on for long does not outlive the API key that asked for it. */
function endWhenRevoked({ signIn, streams, logger }: ApiContext, principal: Principal, res: Response): void {
  const check = setInterval(() => {
    void signIn.stillValid(principal).then((valid) => {
      if (valid || res.closed) return;
      logger.info({ subject: principal.subject }, 'an answer is cut off: its API key was revoked');
      // Whatever writes it sees a client that left; an orderly end is not ours to write.
      res.destroy();
    });
  }, streams.recheckMs);
  res.once('close', () => {
    clearInterval(check);
  });
}
