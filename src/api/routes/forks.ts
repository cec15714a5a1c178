/** Runs that go on from another one. */
import type { Request, RequestHandler, Response } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import { forkRunSchema, retryRunSchema } from '../../../contracts/forks.js';
import { idempotencyKeySchema, type RunRecord } from '../../../contracts/runs.js';
import { nameTargets } from '../audit/audit-trail.js';
import type { ApiContext } from '../context.js';
import { forkSubmission, retrySubmission } from '../fork-submission.js';
import { getRun, toRun } from '../run-lookup.js';
import { storageRoom } from '../storage-room.js';
import type { Submission } from '../submission.js';
import { submitRun, type Submitted } from '../submit-run.js';
import { validate } from '../validate.js';
import { warnWithoutWorker, type WorkerWatch } from '../worker-watch.js';

export function createRetryRoute(context: ApiContext, workers: WorkerWatch): RequestHandler {
  return async (req, res) => {
    const wanted = validate(retryRunSchema, req.body ?? {}, 'body');
    await goOn(context, workers, req, res, (source, key) => retrySubmission(context, source, wanted, key));
  };
}

export function createForkRoute(context: ApiContext, workers: WorkerWatch): RequestHandler {
  return async (req, res) => {
    const wanted = validate(forkRunSchema, req.body, 'body');
    await goOn(context, workers, req, res, (source, key) => forkSubmission(context, source, wanted, key));
  };
}

async function goOn(
  context: ApiContext,
  workers: WorkerWatch,
  req: Request,
  res: Response,
  submissionOf: (source: RunRecord, key: string | undefined) => Promise<Submission>,
): Promise<void> {
  if (context.draining.aborted)
    throw new PerdureError('shutting_down', 'the server is shutting down and starts no more runs');
  const key = validate(idempotencyKeySchema.optional(), req.get('idempotency-key'), 'Idempotency-Key');
  workers.ask();
  const source = await getRun(context, req);
  const submission = await submissionOf(source, key);
  const { record, replayed, headers } = await withRoom(context, source, submission);
  const run = toRun(record, context.engine);
  nameTargets(req, `runs/${source.id}`, `runs/${run.id}`);
  res.set(headers);
  if (replayed) res.set('Idempotent-Replayed', 'true');
  await warnWithoutWorker(context, workers, res);
  res.status(202).set({ Location: run.links.self, 'Cache-Control': 'no-store' }).json(run);
}

/** The worker copies the files: whether there is room for them is found out before. */
async function withRoom(
  context: ApiContext,
  { tenantId, id }: RunRecord,
  submission: Submission,
): Promise<Submitted> {
  const room = storageRoom(context, { tenantId, runId: submission.run.id });
  try {
    if ((context.admission?.limits.storageBytes ?? null) !== null)
      await room.hold(await context.workspace.usedBytes({ tenantId, runId: id }));
    return await submitRun(context, submission);
  } finally {
    await room.settle();
  }
}
