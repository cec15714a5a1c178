/** Gives every request an id that its answer, its log lines and its errors carry. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';

const HEADER = 'X-Request-Id';

/** Takes the caller's id when it is harmless, so that one id follows a request through several services. */
export const requestId: RequestHandler = (req, res, next) => {
  const given = req.get(HEADER);
  res.set(HEADER, given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID());
  next();
};

export const requestIdOf = (res: Response): string => res.get(HEADER) ?? '';
