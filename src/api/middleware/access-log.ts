/** One line a request, written when its answer has left or its client has. */
import type { Request, RequestHandler } from 'express';
import type { Logger } from '../../ports/logger.js';
import type { Tracer } from '../../ports/tracer.js';
import { knownPrincipal } from '../principals.js';
import { requestIdOf } from './request-id.js';

/** @param tracer the line is told within the span of its request, whoever closes the connection */
export function createAccessLog(logger: Logger, tracer: Tracer): RequestHandler {
  return (req, res, next) => {
    const started = performance.now();
    const requestId = requestIdOf(res);
    const tell = (): void => {
      logger.debug(
        {
          requestId,
          method: req.method,
          // Without the query: what people search for is theirs.
          path: req.originalUrl.split('?')[0],
          status: res.statusCode,
          ms: Math.round(performance.now() - started),
          complete: res.writableFinished,
          ...callerOf(req),
        },
        'request',
      );
    };
    res.once('close', tracer.bind(tell));
    next();
  };
}

function callerOf(req: Request): { tenantId?: string; subject?: string } {
  const principal = knownPrincipal(req);
  return principal === undefined ? {} : { tenantId: principal.tenantId, subject: principal.subject };
}
