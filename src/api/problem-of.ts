/** An error as the API tells it and as the log does. */
import type { Request, Response } from 'express';
import type { Problem } from '../../contracts/api.js';
import { errorTable, type PerdureError } from '../../contracts/errors.js';
import type { Logger } from '../ports/logger.js';
import { requestIdOf } from './middleware/request-id.js';

export function problemOf(error: PerdureError, req: Request, res: Response): Problem {
  const { status, title, advice } = errorTable[error.code];
  return {
    type: `urn:perdure:error:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    advice,
    instance: req.originalUrl.split('?')[0]?.slice(0, 500) ?? '/',
    requestId: requestIdOf(res),
    ...(error.errors.length === 0 ? {} : { errors: [...error.errors] }),
  };
}

export function logProblem(logger: Logger, req: Request, res: Response, error: PerdureError): void {
  const { code } = error;
  const fields = { requestId: requestIdOf(res), method: req.method, path: req.path, code };
  if (errorTable[code].status >= 500) logger.error({ ...fields, err: error.cause ?? error }, error.message);
  else logger.debug(fields, error.message);
}
