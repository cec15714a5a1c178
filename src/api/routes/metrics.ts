/** What this process has measured, for Prometheus; of the whole system, so that no tenant's scope opens it. */
import type { RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import type { ApiContext } from '../context.js';
import { badToken } from '../sign-in/unauthenticated.js';
import type { SystemWatch } from '../system-watch.js';

export function createMetricsRoute({ metrics }: ApiContext, system: SystemWatch): RequestHandler {
  return async (req, res) => {
    if (metrics === null) throw new PerdureError('not_found', 'nothing is measured here');
    if (!metrics.mayRead(req.headers.authorization))
      throw badToken(
        'metrics are read with "Authorization: Bearer" and PERDURE_METRICS_TOKEN, as it is set here',
      );
    await system.look();
    res.set({ 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' }).send(await metrics.text());
  };
}
