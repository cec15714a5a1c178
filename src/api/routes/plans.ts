/** The plan of a run: shown, and changed while it is carried out. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, RequestHandler } from 'express';
import { PerdureError, type FieldError } from '../../../contracts/errors.js';
import { changedPlan, type PlanChange } from '../../../contracts/plan-change.js';
import { changePlanSchema } from '../../../contracts/plan-edits.js';
import { MAX_PLAN_BYTES, planSchema, type Plan } from '../../../contracts/plan.js';
import type { RunRecord } from '../../../contracts/runs.js';
import { isTerminal } from '../../../contracts/terminal.js';
import type { ApiContext } from '../context.js';
import { sendTagged } from '../entity-tag.js';
import { inputsOf } from '../run-inputs.js';
import { getRun, runClosed } from '../run-lookup.js';
import { checkedPlan, findAgent } from '../submission.js';
import { invalid, validate } from '../validate.js';

/** How long the record is waited for that follows the run. */
const RECORD_WAIT_MS = 2_000;
const RECORD_POLL_MS = 50;

export function createGetPlanRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { plan, planVersion } = planned(await getRun(context, req));
    sendTagged(req, res, plan, tagOf(planVersion));
  };
}

export function createChangePlanRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { steps = [], remove = [], maxParallel } = validate(changePlanSchema, req.body, 'body');
    const change = { steps, remove, ...(maxParallel === undefined ? {} : { maxParallel }) };
    const run = planned(await expectedRun(context, req));
    const { id, planVersion: version } = run;
    const plan = changedPlan(run.plan, change);
    await check(context, run, plan, change);
    const by = context.principalOf(req).subject;
    // What has begun by now is for the workflow to say, and whether somebody else was quicker.
    if (!(await context.engine.changePlan(id, { ...change, version, by })))
      throw runClosed(await getRun(context, req));
    await recorded(context, req, version + 1);
    sendTagged(req, res, plan, tagOf(version + 1));
  };
}

const tagOf = (version: number): string => `"${version}"`;

/** @throws PerdureError `plan_not_made` */
function planned(run: RunRecord): RunRecord & { plan: Plan } {
  const { id, plan } = run;
  if (plan === null) throw new PerdureError('plan_not_made', `the run ${id} has no plan yet`);
  return { ...run, plan };
}

/**
 * The run with the version of the plan that the request changes. Source: RFC 9110, 13.1.1, and RFC 6585, 3.
 * @throws PerdureError `precondition_required`, `precondition_failed`, `run_closed`
 */
async function expectedRun(context: ApiContext, req: Request): Promise<RunRecord> {
  const given = req.get('if-match');
  let run = await getRun(context, req);
  if (given === undefined)
    throw ifMatch('precondition_required', 'must be the ETag of the plan that is changed');
  if (isTerminal(run.status)) throw runClosed(run);
  const tags = given.split(',').map((tag) => tag.trim());
  if (tags.includes('*')) return run;
  // Whoever has just changed it may be ahead of the record.
  const newest = Math.max(...tags.map((tag) => Number(/^"(\d{1,6})"$/.exec(tag)?.[1] ?? 0)));
  if (newest > run.planVersion) run = await recorded(context, req, newest);
  if (tags.includes(tagOf(run.planVersion))) return run;
  throw ifMatch('precondition_failed', `the plan has the ETag ${tagOf(run.planVersion)}`);
}

const ifMatch = (code: 'precondition_required' | 'precondition_failed', message: string): PerdureError =>
  new PerdureError(code, message, { errors: [{ field: 'if-match', message }] });

/** The record once it has this version of the plan, or as it is when that takes too long. */
async function recorded(context: ApiContext, req: Request, version: number): Promise<RunRecord> {
  const deadline = Date.now() + RECORD_WAIT_MS;
  for (;;) {
    const run = await getRun(context, req);
    if (run.planVersion >= version || isTerminal(run.status) || Date.now() > deadline) return run;
    await sleep(RECORD_POLL_MS);
  }
}

/** @throws PerdureError `invalid_request`, `invalid_plan`, `unknown_agent` */
async function check(context: ApiContext, run: RunRecord, plan: Plan, { steps }: PlanChange): Promise<void> {
  validate(planSchema, plan, 'plan');
  const bytes = Buffer.byteLength(JSON.stringify(plan));
  if (bytes > MAX_PLAN_BYTES) {
    const message = `the plan would have ${bytes} bytes of JSON, at most ${MAX_PLAN_BYTES} are allowed`;
    throw invalid('invalid_request', [{ field: 'steps', message }]);
  }
  const data = await inputsOf(context, run);
  try {
    checkedPlan(plan, findAgent(run.agent, context.agents), data, context.tools);
  } catch (error) {
    if (!(error instanceof PerdureError) || error.code !== 'invalid_plan') throw error;
    throw invalid(
      'invalid_plan',
      error.errors.map((each) => asSent(each, plan, steps)),
    );
  }
}

/** The field as the request has it: `steps[0]` for what is `plan.steps[7]`. */
function asSent({ field, message }: FieldError, plan: Plan, steps: PlanChange['steps']): FieldError {
  const [, position = '', rest = ''] = /^plan\.steps\[(\d+)\](.*)$/.exec(field) ?? [];
  const at = position === '' ? -1 : steps.findIndex(({ id }) => id === plan.steps[Number(position)]?.id);
  return { field: at < 0 ? field : `steps[${at}]${rest}`, message };
}
