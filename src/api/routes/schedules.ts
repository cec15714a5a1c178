/** Schedules: made, looked at, changed, stopped for a while, and started by hand. */
import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { v5, v7 } from 'uuid';
import { canonicalJson } from '../../../contracts/canonical-json.js';
import { PerdureError } from '../../../contracts/errors.js';
import { idempotencyKeySchema, type ScheduledRun } from '../../../contracts/runs.js';
import {
  changeScheduleSchema,
  createScheduleSchema,
  MAX_SCHEDULE_BYTES,
  MAX_SCHEDULES,
  pauseScheduleSchema,
  resumeScheduleSchema,
  triggerScheduleSchema,
  type Schedule,
  type ScheduleList,
} from '../../../contracts/schedules.js';
import type { Schedules } from '../../ports/schedules.js';
import { nameTargets } from '../audit/audit-trail.js';
import type { ApiContext } from '../context.js';
import { keyReused } from '../input-files.js';
import { readSubmission } from '../submission.js';
import { invalid, validate } from '../validate.js';
import { webhooksUnavailable } from './webhook-secret.js';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Namespace of the ids derived from keys; made up once, never to change. */
const ID_NAMESPACE = '0d0c8f0e-8a47-4f2b-9a44-3c1f2f6e7b52';

export function createCreateScheduleRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { schedules } = context;
    const { tenantId } = context.principalOf(req);
    const key = validate(idempotencyKeySchema.optional(), req.get('idempotency-key'), 'Idempotency-Key');
    const given = validate(createScheduleSchema, req.body, 'body');
    const run = checkedRun(context, tenantId, given.run);
    if ((await schedules.count(tenantId)) >= MAX_SCHEDULES)
      throw new PerdureError(
        'schedule_limit_reached',
        `there are ${MAX_SCHEDULES} schedules, and no more may be`,
      );
    const id = key === undefined ? v7() : v5(JSON.stringify([tenantId, key]), ID_NAMESPACE);
    const requestHash = createHash('sha256').update(canonicalJson(given)).digest('hex');
    const { madeBefore } = await schedules.create({ ...given, run, scheduleId: id, tenantId, requestHash });
    if (madeBefore !== null) {
      if (madeBefore.requestHash !== requestHash) throw keyReused();
      res.set('Idempotent-Replayed', 'true');
    }
    nameTargets(req, `schedules/${id}`);
    const schedule = await find(schedules, tenantId, id);
    res.status(201).set('Location', schedule.links.self);
    send(res, schedule);
  };
}

export function createListSchedulesRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const list: ScheduleList = {
      schedules: await context.schedules.list(context.principalOf(req).tenantId),
    };
    res.set('Cache-Control', 'no-store').json(list);
  };
}

export function createGetScheduleRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    send(res, await find(context.schedules, context.principalOf(req).tenantId, idOf(req)));
  };
}

export function createChangeScheduleRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const change = validate(changeScheduleSchema, req.body, 'body');
    const { tenantId } = context.principalOf(req);
    const run = change.run === undefined ? {} : { run: checkedRun(context, tenantId, change.run) };
    await act(context, req, res, (schedules, id) => schedules.change(tenantId, id, { ...change, ...run }));
  };
}

export function createPauseScheduleRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { reason } = validate(pauseScheduleSchema, req.body ?? {}, 'body');
    const { tenantId } = context.principalOf(req);
    await act(context, req, res, (schedules, id) => schedules.pause(tenantId, id, reason ?? null));
  };
}

export function createResumeScheduleRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    validate(resumeScheduleSchema, req.body ?? {}, 'body');
    const { tenantId } = context.principalOf(req);
    await act(context, req, res, (schedules, id) => schedules.resume(tenantId, id));
  };
}

export function createTriggerScheduleRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    validate(triggerScheduleSchema, req.body ?? {}, 'body');
    const { tenantId } = context.principalOf(req);
    res.status(202);
    await act(context, req, res, (schedules, id) => schedules.trigger(tenantId, id));
  };
}

export function createDeleteScheduleRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { tenantId } = context.principalOf(req);
    const id = idOf(req);
    if (!(await context.schedules.delete(tenantId, id))) throw unknown(id);
    res.status(204).end();
  };
}

async function act(
  { schedules, principalOf }: ApiContext,
  req: Request,
  res: Response,
  change: (schedules: Schedules, id: string) => Promise<boolean>,
): Promise<void> {
  const id = idOf(req);
  if (!(await change(schedules, id))) throw unknown(id);
  send(res, await find(schedules, principalOf(req).tenantId, id));
}

/**
 * What would be refused as a submission is refused here, and not at each of its times.
 * @returns the run with the budget that its agent gives it
 */
function checkedRun(context: ApiContext, tenantId: string, run: ScheduledRun): ScheduledRun {
  const { tools, agents, webhooks } = context;
  if (run.webhook !== undefined && webhooks === null) throw webhooksUnavailable();
  const bytes = Buffer.byteLength(JSON.stringify(run));
  if (bytes > MAX_SCHEDULE_BYTES)
    throw invalid('invalid_request', [
      {
        field: 'run',
        message: `is ${bytes} bytes of JSON, at most ${MAX_SCHEDULE_BYTES} are allowed`,
      },
    ]);
  try {
    const { budget } = readSubmission(run, {
      ...{ tenantId, key: undefined, now: context.now() },
      ...{ tools, agents },
    }).run;
    return budget === undefined ? run : { ...run, budget };
  } catch (error) {
    if (!(error instanceof PerdureError)) throw error;
    const errors = error.errors.map(({ field, message }) => ({ field: `run.${field}`, message }));
    throw new PerdureError(error.code, error.message, { cause: error, errors });
  }
}

async function find(schedules: Schedules, tenantId: string, id: string): Promise<Schedule> {
  const found = await schedules.get(tenantId, id);
  if (found === null) throw unknown(id);
  return found;
}

const send = (res: Response, schedule: Schedule): void => {
  res.set('Cache-Control', 'no-store').json(schedule);
};

/** @throws PerdureError `schedule_not_found` for what is no id */
function idOf({ params: { scheduleId } }: Request): string {
  const given = typeof scheduleId === 'string' ? scheduleId.slice(0, 100).toLowerCase() : '';
  if (!uuid.test(given)) throw unknown(given);
  return given;
}

const unknown = (id: string): PerdureError =>
  new PerdureError('schedule_not_found', `there is no schedule ${JSON.stringify(id)}`);
