/** One line a request, written when its answer has left or its client has. */
import { AsyncResource } from 'node:async_hooks';
import type { Request, RequestHandler } from 'express';
import type { Logger } from '../../ports/logger.js';
import { knownPrincipal } from '../principals.js';
import { requestIdOf } from './request-id.js';

export function createAccessLog(logger: Logger): RequestHandler {
  return (req, res, next) => {
    const started = performance.now();
    const requestId = requestIdOf(res);
    // Told within the span of the request, whoever closes its connection.
    const tell = AsyncResource.bind(() => {
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
    });
    res.once('close', tell);
    next();
  };
}

function callerOf(req: Request): { tenantId?: string; subject?: string } {
  const principal = knownPrincipal(req);
  return principal === undefined ? {} : { tenantId: principal.tenantId, subject: principal.subject };
}
