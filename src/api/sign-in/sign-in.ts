/** Finds out who sends a request: by a token, an API key or a stream's ticket. */
import type { Request } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import type { Principal } from '../../../contracts/principal.js';
import type { ApiKeyStore } from '../../ports/api-key-store.js';
import type { Logger } from '../../ports/logger.js';
import { looksLikeApiKey } from './api-key-token.js';
import { createApiKeyCheck, type ApiKeyCheckOptions } from './api-keys.js';
import type { SigningKeyOptions } from './signing-keys.js';
import { createStreamTickets, type StreamTickets } from './stream-tickets.js';
import { createTokenCheck, type TokenOptions } from './tokens.js';
import { badToken, signInFirst } from './unauthenticated.js';

export interface SignIn {
  /** @throws PerdureError `unauthenticated`, `sign_in_unavailable`, `store_unavailable` */
  identify(req: Request): Promise<Principal>;
  /** Who a ticket of this run's stream was given to. @throws PerdureError `unauthenticated` */
  ofTicket(ticket: string, runId: string): Promise<Principal>;
  /** @throws PerdureError `stream_tickets_unavailable` */
  issueTicket(holder: Principal, runId: string): Promise<{ ticket: string; expiresAt: string }>;
  /** Whether what passed once would pass again, as far as can be said now. */
  stillValid(principal: Principal): Promise<boolean>;
  /** Of a key that was revoked here: this process does not wait until it would have asked anew. */
  forgetApiKey(keyId: string): void;
}

export interface SignInOptions {
  /** Where false, whoever says nothing is the one who sits at this machine. */
  required: boolean;
  /** Null where no tokens are accepted. */
  tokens: TokenOptions | null;
  apiKeys: ApiKeyStore;
  /** Null where no tickets are given. */
  ticketSecret: string | null;
  logger: Logger;
  signingKeys?: SigningKeyOptions;
  apiKeyCheck?: ApiKeyCheckOptions;
}

const local: Principal = {
  tenantId: 'local',
  subject: 'local',
  scope: 'admin',
  operator: true,
  expiresAt: null,
};

/** Lets anybody in, as the one who sits at this machine unless told who that is. */
export const withoutSignIn = (whose: (req: Request) => Principal = () => local): SignIn => ({
  identify: (req) => Promise.resolve(whose(req)),
  ofTicket: () => Promise.reject(noTickets()),
  issueTicket: () => Promise.reject(noTickets()),
  stillValid: () => Promise.resolve(true),
  forgetApiKey: () => undefined,
});

export function createSignIn(options: SignInOptions): SignIn {
  const { required, tokens, ticketSecret } = options;
  const keys = createApiKeyCheck(options.apiKeys, options.apiKeyCheck);
  const checkToken = tokens === null ? null : createTokenCheck(tokens, options.logger, options.signingKeys);
  const tickets = ticketSecret === null ? null : createStreamTickets(ticketSecret);
  const ticketsOrRefuse = (): StreamTickets => {
    if (tickets === null) throw noTickets();
    return tickets;
  };
  return {
    async identify(req) {
      const credentials = bearerOf(req);
      if (credentials === undefined) {
        if (required) throw signInFirst();
        return local;
      }
      if (looksLikeApiKey(credentials)) return keys.principalOf(credentials);
      if (checkToken === null) throw badToken('no tokens are accepted here, only API keys');
      return checkToken(credentials);
    },
    ofTicket: async (ticket, runId) => ticketsOrRefuse().principalOf(ticket, runId),
    issueTicket: async (holder, runId) => ticketsOrRefuse().issue(holder, runId),
    async stillValid({ tenantId, subject }) {
      const keyId = /^key:(.*)$/s.exec(subject)?.[1];
      return keyId === undefined || (await keys.stillValid(tenantId, keyId));
    },
    forgetApiKey: (keyId) => {
      keys.forget(keyId);
    },
  };
}

/** @throws PerdureError `unauthenticated` for what is there but is not "Bearer <something>" */
function bearerOf(req: Request): string | undefined {
  const { authorization } = req.headers;
  if (authorization === undefined) return undefined;
  // Node joins nothing here and takes the first of several; whoever stands before us may have taken another.
  if (req.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'authorization').length > 1)
    throw badToken('a request has one Authorization header');
  // The syntax is b64token of RFC 6750, 2.1; a scheme's name is in any case (RFC 9110, 11.1).
  const credentials = /^bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
  if (credentials === undefined)
    throw badToken('the Authorization header must be "Bearer" and a token or API key');
  return credentials;
}

const noTickets = (): PerdureError =>
  new PerdureError('stream_tickets_unavailable', 'PERDURE_TICKET_SECRET is not set on this server');
