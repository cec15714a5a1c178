/** Answers for addresses that are nobody's. */
import type { RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';

export const notFound: RequestHandler = (req) => {
  throw new PerdureError(
    'not_found',
    `there is nothing at ${req.method} ${JSON.stringify(req.path.slice(0, 200))}`,
  );
};
