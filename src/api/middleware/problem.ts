/** Every error leaves the server here, as application/problem+json from the one error table. */
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { PerdureError } from '../../../contracts/errors.js';
import type { Logger } from '../../ports/logger.js';
import { logProblem, problemOf } from '../problem-of.js';
import { Refusal } from '../refusal.js';
import { toPerdureError } from './to-perdure-error.js';

/** Milliseconds that the rest of a refused body is read for, so that its sender gets to the answer. */
const LINGER_MS = 2_000;

/** @param told of each, before it is answered */
export function createProblemHandler(
  logger: Logger,
  told: (req: Request, res: Response, error: PerdureError) => void = () => undefined,
): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, req, res, _next) => {
    const error = toPerdureError(thrown, req);
    logProblem(logger, req, res, error);
    told(req, res, error);
    if (res.headersSent) {
      // Half an answer has left: only a broken connection still says that it is not whole.
      res.destroy();
      return;
    }
    sendProblem(req, res, error);
  };
}

function sendProblem(req: Request, res: Response, error: PerdureError): void {
  const problem = problemOf(error, req, res);
  const { status } = problem;
  for (const name of ['accept-ranges', 'content-disposition', 'etag', 'last-modified'])
    res.removeHeader(name);
  if (error.retryAfterSeconds !== undefined || status === 503)
    res.set('Retry-After', String(Math.ceil(error.retryAfterSeconds ?? 1)));
  if (error instanceof Refusal) res.set(error.headers);
  const body = Buffer.from(JSON.stringify(problem));
  res
    .status(status)
    .set('Cache-Control', 'no-store')
    .set('Content-Type', 'application/problem+json; charset=utf-8')
    .set('Content-Length', String(body.byteLength));
  if (bodyIsPending(req)) linger(req, res, body);
  else res.end(body);
}

const bodyIsPending = (req: Request): boolean =>
  !req.complete &&
  (req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0);

/**
 * Answers at once but closes late: a connection closed over unread bytes is reset, and the reset
 * throws away the answer that the client has not read yet.
 */
function linger(req: Request, res: Response, body: Buffer): void {
  res.set('Connection', 'close');
  res.write(body);
  const end = (): void => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.once('end', end).once('close', end).resume();
}
