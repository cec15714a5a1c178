/** Many runs in one request; each answers for itself. */
import type { Request, RequestHandler, Response } from 'express';
import pLimit from 'p-limit';
import type { BatchAnswer, BatchResult } from '../../../contracts/api.js';
import { batchSchema, idempotencyKeySchema } from '../../../contracts/runs.js';
import { acceptRun } from '../accept-run.js';
import { noteItem } from '../audit/audit-trail.js';
import type { ApiContext } from '../context.js';
import { logProblem, problemOf } from '../problem-of.js';
import { Refusal } from '../refusal.js';
import { toPerdureError } from '../middleware/to-perdure-error.js';
import { invalid, validate } from '../validate.js';
import { warnWithoutWorker, type WorkerWatch } from '../worker-watch.js';

/** Of one batch, so that other requests get their turn. */
const AT_ONCE = 8;

export function createBatchRoute(context: ApiContext, workers: WorkerWatch): RequestHandler {
  return async (req, res) => {
    if (req.get('idempotency-key') !== undefined)
      throw invalid('invalid_request', [
        { field: 'Idempotency-Key', message: 'stands for one run: give each its own idempotencyKey' },
      ]);
    const { runs } = validate(batchSchema, req.body, 'body');
    const results = await pLimit(AT_ONCE).map(runs, (item) => acceptItem(context, req, res, item));
    if (results.some(({ status }) => status === 202)) await warnWithoutWorker(context, workers, res);
    const answer: BatchAnswer = { results };
    res.set('Cache-Control', 'no-store').json(answer);
  };
}

async function acceptItem(
  context: ApiContext,
  req: Request,
  res: Response,
  item: unknown,
): Promise<BatchResult> {
  try {
    const { idempotencyKey, ...body } = Object(item) as Record<string, unknown>;
    const key = validate(idempotencyKeySchema.optional(), idempotencyKey, 'idempotencyKey');
    // What is no object is for the run's own schema to refuse.
    const whole = typeof item === 'object' && item !== null && !Array.isArray(item) ? body : item;
    const { run, replayed, headers } = await acceptRun(context, req, whole, key);
    // The last to be admitted says what is left.
    res.set(headers);
    noteItem(req, `runs/${run.id}`, replayed ? 'replayed' : 'ok');
    return { status: 202, run, replayed };
  } catch (thrown) {
    const error = toPerdureError(thrown, req);
    logProblem(context.logger, req, res, error);
    noteItem(req, null, error.code);
    if (error instanceof Refusal) res.set(error.headers);
    const problem = problemOf(error, req, res);
    const { retryAfterSeconds } = error;
    return {
      status: problem.status,
      problem,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterSeconds) }),
    };
  }
}
