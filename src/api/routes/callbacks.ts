/** Events from outside that runs wait for: where they are to be sent, and taking them in. */
import type { RequestHandler } from 'express';
import { addressOf } from '../../../contracts/api.js';
import { MAX_DECIDED_BYTES } from '../../../contracts/approvals.js';
import { asksFor } from '../../../contracts/asking.js';
import { callbackBodySchema, callbackQuerySchema, type CallbackList } from '../../../contracts/callbacks.js';
import { PerdureError } from '../../../contracts/errors.js';
import { answerErrors } from '../answer-schema.js';
import { nameTargets } from '../audit/audit-trail.js';
import type { ApiContext } from '../context.js';
import { rememberPrincipal } from '../principals.js';
import { queryOf } from '../query.js';
import { findRun } from '../run-lookup.js';
import { invalid, validate } from '../validate.js';

/** More than a plan would have waiting at once. */
const MOST = 200;

export function createListCallbacksRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { id: runId, tenantId } = await findRun(context, req);
    const { callbacks, approvals } = context;
    if (callbacks === null) throw unavailable();
    const pending = await approvals.list(tenantId, { runId, status: 'pending' }, MOST);
    const list: CallbackList = {
      callbacks: pending.approvals
        .filter(({ tool }) => asksFor(tool) === 'event')
        .map(({ id, stepId, args, requestedAt, expiresAt }) => ({
          stepId: stepId ?? '',
          name: typeof args?.name === 'string' ? args.name : '',
          url: `${addressOf('callBack')}?token=${encodeURIComponent(callbacks.tokenOf(runId, id))}`,
          requestedAt,
          expiresAt,
        })),
    };
    res.set('Cache-Control', 'no-store').json(list);
  };
}

/** Nobody signs in: whoever has the token may, once. */
export function createCallBackRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { token } = validate(callbackQuerySchema, queryOf(req), 'query');
    const event = validate(callbackBodySchema, req.body ?? null, 'body');
    const { callbacks, approvals, engine } = context;
    if (callbacks === null) throw unavailable();
    const named = callbacks.read(token);
    if (named === null) throw unknown();
    const { runId, approvalId } = named;
    const tenantId = await engine.tenantOf(runId);
    // The token says of whom: from here on it is an act within that tenant.
    if (tenantId !== null)
      rememberPrincipal(req, { tenantId, subject: 'callback', scope: 'write', expiresAt: null });
    nameTargets(req, `runs/${runId}/approvals/${approvalId}`);
    const approval = tenantId === null ? null : await approvals.find(tenantId, runId, approvalId);
    const given = approval?.args ?? null;
    if (approval === null || given === null) throw unknown();
    const args = { ...given, answer: event };
    const errors = answerErrors(approval, event, 'body');
    const bytes = Buffer.byteLength(JSON.stringify(args));
    if (bytes > MAX_DECIDED_BYTES)
      errors.push({
        field: 'body',
        message: `is too large: at most ${MAX_DECIDED_BYTES} bytes are carried`,
      });
    if (errors.length > 0) throw invalid('invalid_request', errors);
    const isOpen = await engine.decide(runId, {
      ...{ approvalId, decision: 'approve', argsHash: null, args, note: null },
      by: 'callback',
    });
    if (!isOpen) throw unknown();
    res.status(202).set('Cache-Control', 'no-store').json({ accepted: true });
  };
}

const unknown = (): PerdureError => new PerdureError('callback_not_found', 'nothing waits for this callback');

const unavailable = (): PerdureError =>
  new PerdureError('callbacks_unavailable', 'this server has no secret to make callbacks with');
