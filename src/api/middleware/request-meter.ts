/** Counts and times every request, by the address of its call and not by what somebody typed. */
import type { RequestHandler, Response } from 'express';
import type { ApiMeter } from '../../ports/meters.js';

const UNKNOWN_ROUTE = 'none';

/** Goes first on a route. */
export const rememberRoute =
  (address: string): RequestHandler =>
  (_req, res, next) => {
    res.locals.route = address;
    next();
  };

export function createRequestMeter(meter: ApiMeter): RequestHandler {
  return ({ method }, res, next) => {
    const started = performance.now();
    res.once('close', () => {
      meter.answered({
        method,
        route: routeOf(res),
        status: res.statusCode,
        seconds: isStream(res) ? null : (performance.now() - started) / 1_000,
      });
    });
    next();
  };
}

export const routeOf = ({ locals }: Response): string =>
  typeof locals.route === 'string' ? locals.route : UNKNOWN_ROUTE;

const isStream = (res: Response): boolean =>
  String(res.getHeader('content-type')).startsWith('text/event-stream');
