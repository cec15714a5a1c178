/** Runs: submitted, listed, shown and cancelled. */
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { RunList } from '../../../contracts/api.js';
import { PerdureError } from '../../../contracts/errors.js';
import {
  cancelRunSchema,
  getRunSchema,
  listRunsSchema,
  pauseRunSchema,
  resumeRunSchema,
} from '../../../contracts/runs.js';
import type { TopUp } from '../../../contracts/budgets.js';
import { limitFields } from '../../../contracts/budget-limits.js';
import type { RunHead } from '../../../contracts/runs.js';
import { isTerminal } from '../../../contracts/terminal.js';
import { acceptRun } from '../accept-run.js';
import { nameTargets } from '../audit/audit-trail.js';
import type { ApiContext } from '../context.js';
import { sendTagged } from '../entity-tag.js';
import { queryOf } from '../query.js';
import { findOpenRun, findRun, getRun, runClosed, toRun } from '../run-lookup.js';
import { withoutAddresses } from '../shared-run.js';
import { validate } from '../validate.js';
import { formatSchema, streamRun } from './events.js';
import { warnWithoutWorker, type WorkerWatch } from '../worker-watch.js';

const submitQuerySchema = z.strictObject({ format: formatSchema });

export function createSubmitRoute(context: ApiContext, workers: WorkerWatch): RequestHandler {
  return async (req, res) => {
    const { format } = validate(submitQuerySchema, queryOf(req), 'query');
    const streams = req.accepts(['application/json', 'text/event-stream']) === 'text/event-stream';
    // Before the run is taken on: one that is begun is not refused.
    if (streams) context.connections.requireRoom(context.principalOf(req).tenantId);
    workers.ask();
    const key = req.get('idempotency-key');
    const { record, run, replayed, headers } = await acceptRun(context, req, req.body, key);
    nameTargets(req, `runs/${run.id}`);
    res.set(headers);
    if (replayed) res.set('Idempotent-Replayed', 'true');
    await warnWithoutWorker(context, workers, res);
    res.set({ Location: run.links.self, 'Cache-Control': 'no-store' }).vary('Accept');
    // The run goes on whether its stream is read or not: a reader that is cut off comes back by the Location.
    if (streams) streamRun(context, req, res, record, { from: { seq: 0, messages: 0 }, format });
    else res.status(202).json(run);
  };
}

export function createListRunsRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { limit, cursor, ...filter } = validate(listRunsSchema, queryOf(req, ['status']), 'query');
    const page = await context.runs.listRuns(context.principalOf(req).tenantId, filter, limit, cursor);
    const list: RunList = {
      runs: page.runs.map((record) => toRun(record, context.engine)),
      nextCursor: page.nextCursor,
    };
    sendTagged(req, res, list);
  };
}

export function createGetRunRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { wait } = validate(getRunSchema, queryOf(req), 'query');
    if (wait > 0) await waitForEnd(context, req, res, wait * 1_000);
    const run = toRun(await getRun(context, req), context.engine);
    sendTagged(req, res, { ...run, ...withoutAddresses(context.principalOf(req), run) });
  };
}

async function waitForEnd(context: ApiContext, req: Request, res: Response, most: number): Promise<void> {
  const { id, status, lastSeq } = await findRun(context, req);
  if (isTerminal(status)) return;
  // Nobody is told anything after their sign-in has ended.
  const { expiresAt } = context.principalOf(req);
  const ms = expiresAt === null ? most : Math.max(0, Math.min(most, expiresAt - Date.now()));
  const look = async (): Promise<boolean> => !isTerminal((await findRun(context, req)).status);
  await context.waits.untilEnded({ runId: id, lastSeq, ms, res, look });
}

export function createPauseRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { reason } = validate(pauseRunSchema, req.body ?? {}, 'body');
    const run = await findOpenRun(context, req);
    const request = { by: context.principalOf(req).subject, reason: reason ?? null };
    await answerChange(context, req, res, await context.engine.pause(run.id, request));
  };
}

export function createResumeRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { budget } = validate(resumeRunSchema, req.body ?? {}, 'body');
    const run = await findOpenRun(context, req);
    refuseWithoutRoom(run, budget);
    const request = {
      by: context.principalOf(req).subject,
      ...(budget === undefined ? {} : { budget }),
    };
    await answerChange(context, req, res, await context.engine.resume(run.id, request));
  };
}

/** The run itself looks again, by what it has used until then. @throws PerdureError `budget_exhausted` */
function refuseWithoutRoom({ id, budget }: RunHead, given: TopUp | undefined): void {
  const limit = budget?.exhausted;
  if (budget === null || limit === undefined) return;
  const field = limitFields[limit];
  const [before, wanted] = [budget[field] ?? 0, given?.[field] ?? 0];
  if (wanted > before) return;
  throw new PerdureError(
    'budget_exhausted',
    `the run ${id} has used up its ${field} of ${before}: let it go on with a larger one`,
    { errors: [{ field: `budget.${field}`, message: `must be more than ${before}` }] },
  );
}

export function createCancelRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { reason } = validate(cancelRunSchema, req.body ?? {}, 'body');
    const run = await findOpenRun(context, req);
    await answerChange(context, req, res, await context.engine.cancel(run.id, reason ?? null));
  };
}

/**
 * @param isOpen whether Temporal had an open workflow to take the change
 * @throws PerdureError `run_closed`
 */
export async function answerChange(
  context: ApiContext,
  req: Request,
  res: Response,
  isOpen: boolean,
): Promise<void> {
  const now = await getRun(context, req);
  if (!isOpen) {
    if (isTerminal(now.status)) throw runClosed(now);
    throw new PerdureError(
      'run_closed',
      `Temporal has no open workflow for the run ${now.id}, although its record says ${now.status}`,
    );
  }
  res.status(202).set('Cache-Control', 'no-store').json(toRun(now, context.engine));
}
