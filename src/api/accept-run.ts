/** Takes on one run that was sent, alone or among others. */
import type { Request } from 'express';
import { PerdureError } from '../../contracts/errors.js';
import type { Run } from '../../contracts/answers.js';
import type { RunRecord } from '../../contracts/runs.js';
import type { ApiContext } from './context.js';
import { webhooksUnavailable } from './routes/webhook-secret.js';
import { toRun } from './run-lookup.js';
import { readSubmission } from './submission.js';
import { submitRun } from './submit-run.js';

export interface AcceptedRun {
  record: RunRecord;
  run: Run;
  /** True when an earlier request with this key and body had started the run. */
  replayed: boolean;
  /** What is left of the tenant's limits. */
  headers: Record<string, string>;
}

/** @throws PerdureError `shutting_down`, and what readSubmission and submitRun throw */
export async function acceptRun(
  context: ApiContext,
  req: Request,
  body: unknown,
  key: string | undefined,
): Promise<AcceptedRun> {
  if (context.draining.aborted)
    throw new PerdureError('shutting_down', 'the server is shutting down and starts no more runs');
  const submission = readSubmission(body, {
    tenantId: context.principalOf(req).tenantId,
    key,
    now: context.now(),
    tools: context.tools,
    agents: context.agents,
  });
  if (submission.run.webhook !== undefined && context.webhooks === null) throw webhooksUnavailable();
  const submitted = await submitRun(context, submission);
  return { ...submitted, run: toRun(submitted.record, context.engine) };
}
