/** Approvals: what people are asked, and what they answer. */
import type { Request, RequestHandler } from 'express';
import {
  decideApprovalSchema,
  listApprovalsSchema,
  MAX_DECIDED_BYTES,
  type Approval,
  type ApprovalList,
} from '../../../contracts/approvals.js';
import { asksFor } from '../../../contracts/asking.js';
import { PerdureError, type FieldError } from '../../../contracts/errors.js';
import { fieldError } from '../../../contracts/field-errors.js';
import type { JsonValue } from '../../../contracts/plan.js';
import { answerErrors } from '../answer-schema.js';
import type { ApiContext } from '../context.js';
import { queryOf } from '../query.js';
import { findOpenRun, findRun } from '../run-lookup.js';
import { invalid, validate } from '../validate.js';
import { answerChange } from './runs.js';

export function createListApprovalsRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { status, limit, cursor } = validate(listApprovalsSchema, queryOf(req), 'query');
    const filter = status === undefined ? {} : { status };
    const { tenantId } = context.principalOf(req);
    const page: ApprovalList = await context.approvals.list(tenantId, filter, limit, cursor);
    res.set('Cache-Control', 'no-store').json(page);
  };
}

export function createListRunApprovalsRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { status, limit, cursor } = validate(listApprovalsSchema, queryOf(req), 'query');
    const { id: runId, tenantId } = await findRun(context, req);
    const filter = status === undefined ? { runId } : { runId, status };
    const page: ApprovalList = await context.approvals.list(tenantId, filter, limit, cursor);
    res.set('Cache-Control', 'no-store').json(page);
  };
}

export function createDecideRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const given = validate(decideApprovalSchema, req.body, 'body');
    const { decision, argsHash, output, note } = given;
    const run = await findOpenRun(context, req);
    const approval = await findApproval(context, req, run);
    const args = decision === 'approve' ? argsOf(approval, given) : undefined;
    if (args !== undefined) checkArgs(context, approval, args);
    if (output !== undefined) checkOutput(approval, output);
    // Whether it is decided already is for the workflow to say: the record may be a moment behind.
    const isOpen = await context.engine.decide(run.id, {
      approvalId: approval.id,
      decision,
      argsHash: argsHash ?? null,
      args: args ?? null,
      ...(output === undefined ? {} : { output: { value: output } }),
      note: note ?? null,
      by: context.principalOf(req).subject,
    });
    await answerChange(context, req, res, isOpen);
  };
}

/** @throws PerdureError `invalid_request` for an answer that is missing, or that does not fit what was asked for */
function argsOf(
  approval: Approval,
  { args, answer }: { args?: Record<string, JsonValue> | undefined; answer?: JsonValue | undefined },
): Record<string, JsonValue> | undefined {
  if (answer === undefined) {
    if (args === undefined && asksFor(approval.tool) !== undefined)
      throw invalid('invalid_request', [{ field: 'answer', message: 'is what is asked for' }]);
    return args;
  }
  const errors = answerErrors(approval, answer);
  if (errors.length > 0) throw invalid('invalid_request', errors);
  return { ...approval.args, answer };
}

async function findApproval(
  { approvals }: ApiContext,
  req: Request,
  { id, tenantId }: { id: string; tenantId: string },
): Promise<Approval> {
  const { approvalId } = req.params;
  const given = typeof approvalId === 'string' ? approvalId.slice(0, 100) : '';
  const found = await approvals.find(tenantId, id, given);
  if (found === null)
    throw new PerdureError('approval_not_found', `the run has no approval ${JSON.stringify(given)}`);
  return found;
}

/** @throws PerdureError `invalid_request` naming the fields that the tool cannot take */
function checkArgs({ tools }: ApiContext, { kind, tool }: Approval, args: Record<string, JsonValue>): void {
  const errors: FieldError[] = [];
  if (tool === null || kind === 'outcome')
    errors.push({
      field: 'args',
      message: `must not be given: it is ${kind === 'outcome' ? 'what became of a call' : 'a plan'} that is asked for`,
    });
  else
    for (const { path, message } of tools.checkArgs(tool, args) ?? [])
      errors.push(fieldError({ path: ['args', ...path], message }));
  checkSize('args', args, errors);
  if (errors.length > 0) throw invalid('invalid_request', errors);
}

/** @throws PerdureError `invalid_request` */
function checkOutput({ kind }: Approval, output: JsonValue): void {
  const errors: FieldError[] = [];
  if (kind !== 'outcome')
    errors.push({ field: 'output', message: 'must not be given: nothing has been done yet' });
  checkSize('output', output, errors);
  if (errors.length > 0) throw invalid('invalid_request', errors);
}

function checkSize(field: string, value: JsonValue, errors: FieldError[]): void {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > MAX_DECIDED_BYTES)
    errors.push({ field, message: `is ${bytes} bytes of JSON, at most ${MAX_DECIDED_BYTES} are allowed` });
}
