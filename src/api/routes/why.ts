/** Why a run moves or does not: found out from outside, also while the records are away. */
import type { Request, RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import { explainRun } from '../../diagnosis/explain-run.js';
import type { ApiContext } from '../context.js';
import { DeadlineError, withDeadline } from '../../../contracts/deadline.js';
import { findRun, idOf } from '../run-lookup.js';

export function createWhyRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const id = await ownRunId(context, req);
    const why = await explainRun(context, context.principalOf(req).tenantId, id);
    res.set('Cache-Control', 'no-store').json(why);
  };
}

/** @throws PerdureError `run_not_found`; `store_unavailable` where nobody can tell whose run it is */
async function ownRunId(context: ApiContext, req: Request): Promise<string> {
  try {
    return (await withDeadline(findRun(context, req), context.limits.checkMs)).id;
  } catch (error) {
    const { code } = error instanceof PerdureError ? error : { code: null };
    const id = idOf(req);
    if (id === null) throw error;
    if (code === 'run_not_recorded') return id;
    if (code !== 'store_unavailable' && !(error instanceof DeadlineError)) throw error;
    // Temporal knows whose run it is, as long as it is open.
    if ((await context.engine.tenantOf(id)) === context.principalOf(req).tenantId) return id;
    throw error instanceof PerdureError
      ? error
      : new PerdureError('store_unavailable', 'the database does not answer', { cause: error });
  }
}
