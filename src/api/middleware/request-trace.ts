/** Traces every call of the contract, within the trace of whoever calls where that says so (W3C Trace Context). */
import type { Request, RequestHandler, Response } from 'express';
import type { Span, Tracer } from '../../ports/tracer.js';
import { knownPrincipal } from '../principals.js';
import { requestIdOf } from './request-id.js';
import { routeOf } from './request-meter.js';

/** Probes, metrics and pages would drown what somebody wants to see. */
const TRACED = '/v1/';

export function createRequestTrace(tracer: Tracer): RequestHandler {
  return (req, res, next) => {
    if (!req.path.startsWith(TRACED)) {
      next();
      return;
    }
    const { traceparent, tracestate } = req.headers;
    // Baggage is not read: what others put there goes no further.
    const parent =
      typeof traceparent === 'string'
        ? { traceparent, ...(typeof tracestate === 'string' ? { tracestate } : {}) }
        : null;
    const span = tracer.open({
      name: req.method,
      kind: 'server',
      parent,
      attributes: {
        'http.request.method': req.method,
        'url.scheme': req.protocol,
        'perdure.request.id': requestIdOf(res),
      },
    });
    span.run(() => {
      tellAtEnd(req, res, span);
      next();
    });
  };
}

/** Apart from where `next` is at hand: a stream would keep the request's whole way through Express in memory. */
function tellAtEnd(req: Request, res: Response, span: Span): void {
  res.once('close', () => {
    const route = routeOf(res);
    const status = res.statusCode;
    span.rename(`${req.method} ${route}`);
    span.set({
      'http.route': route,
      'http.response.status_code': status,
      'perdure.tenant.id': knownPrincipal(req)?.tenantId,
      'perdure.answer.complete': res.writableFinished,
    });
    // Source: semantic-conventions, HTTP: what the caller did wrong is no error of the server's span.
    span.end(status >= 500 ? String(status) : null);
  });
}
