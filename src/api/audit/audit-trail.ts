/**
 * Tells the audit log of every call that changes something or gives a secret, and of every call that was refused to
 * somebody known. Which calls these are follows from the route table, so that a new one is not forgotten.
 */
import { isIP } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import { v7 } from 'uuid';
import { api, type RouteName } from '../../../contracts/api.js';
import { CANARY_TENANT } from '../../../contracts/canary.js';
import type { PerdureError } from '../../../contracts/errors.js';
import type { ApiContext } from '../context.js';
import { requestIdOf } from '../middleware/request-id.js';
import { knownPrincipal } from '../principals.js';
import { Refusal } from '../refusal.js';

/** Reads that give what opens something. */
const givesSecrets: readonly RouteName[] = ['getWebhookSecret', 'listCallbacks'];

export const isAudited = (call: RouteName): boolean =>
  api[call].method !== 'GET' || givesSecrets.includes(call);

interface Act {
  call: RouteName;
  /** Of its address: the request has them no more when an error is answered. */
  params: Request['params'];
  /** What its address says, unless it was told otherwise. */
  targets?: (string | null)[];
  /** Of a call that does several things; each has an entry. */
  items: { target: string | null; outcome: string }[];
}

const acts = new WeakMap<Request, Act>();

/** Goes first on a call. */
export const rememberCall =
  (call: RouteName): RequestHandler =>
  (req, _res, next) => {
    acts.set(req, { call, params: req.params, items: [] });
    next();
  };

/** What the call has made, or done something to, where its address does not say it. */
export function nameTargets(req: Request, ...targets: string[]): void {
  const act = acts.get(req);
  if (act !== undefined) act.targets = targets;
}

export function noteItem(req: Request, target: string | null, outcome: string): void {
  acts.get(req)?.items.push({ target, outcome });
}

/** The handlers of a call, the last of which tells when it has done its work. */
export function withAudit(
  context: ApiContext,
  call: RouteName,
  handlers: RequestHandler[],
): RequestHandler[] {
  if (!isAudited(call)) return handlers;
  return handlers.map((handler, i) =>
    i < handlers.length - 1
      ? handler
      : async (req, res, next) => {
          await handler(req, res, next);
          tell(context, req, res, res.get('Idempotent-Replayed') === 'true' ? 'replayed' : 'ok');
        },
  );
}

/** A call that came to nothing: told where it would have changed something, or where it was not allowed. */
export function tellFailure(context: ApiContext, req: Request, res: Response, error: PerdureError): void {
  const call = acts.get(req)?.call;
  if (call === undefined) return;
  const isRefused = error.code === 'unauthenticated' || error.code === 'insufficient_scope';
  if (isRefused || isAudited(call)) tell(context, req, res, error.code, error);
}

function tell(
  { audit, now }: ApiContext,
  req: Request,
  res: Response,
  outcome: string,
  error?: PerdureError,
): void {
  const act = acts.get(req);
  const holder = knownPrincipal(req) ?? (error instanceof Refusal ? error.holder : undefined);
  // Of strangers nobody knows whose log they belong into; the server's own canary is nobody's act.
  if (audit === null || act === undefined || holder === undefined || holder.tenantId === CANARY_TENANT)
    return;
  const { targets = [addressedBy(act)] } = act;
  const items = act.items.length > 0 ? act.items : targets.map((target) => ({ target, outcome }));
  for (const item of items)
    audit.writer.write({
      id: v7(),
      at: now().toISOString(),
      tenantId: holder.tenantId,
      subject: holder.subject,
      address: addressOfCaller(req),
      action: act.call,
      requestId: requestIdOf(res),
      ...item,
    });
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_TARGET = 300;

/** `runs/<id>` of `/v1/runs/{id}/cancel`. What is no id is not repeated: it may be anything. */
function addressedBy({ call, params }: Act): string | null {
  const { path } = api[call];
  const end = path.lastIndexOf('}') + 1;
  if (end === 0) return null;
  return path
    .slice('/v1/'.length, end)
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const given = [params[name] ?? ''].flat().join('/');
      if (name === 'path') return given;
      if (name === 'approvalId') return /^[\w.-]{1,100}$/.test(given) ? given : '?';
      return uuid.test(given) ? given.toLowerCase() : '?';
    })
    .slice(0, MAX_TARGET);
}

/** As the proxies tell it that are trusted, else of the connection. */
function addressOfCaller({ ip, socket }: Request): string | null {
  const told = [ip, socket.remoteAddress].find((address) => address !== undefined && isIP(address) !== 0);
  return told?.replace(/^::ffff:(?=\d+\.)/i, '') ?? null;
}
