/** Answers for the methods that a known address does not have. */
import type { RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';

/** Goes last on a route, with the methods that the route has. */
export function onlyMethods(...methods: string[]): RequestHandler {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  return (req, res) => {
    res.set('Allow', allow);
    if (req.method !== 'OPTIONS')
      throw new PerdureError(
        'method_not_allowed',
        `${req.method} is not among the methods of this address: ${allow}`,
      );
    res.status(204).end();
  };
}
