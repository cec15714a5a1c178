/** One question to a person: asked by an activity, and waited for until it is decided, superseded, or carried on. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities, RequestApprovalInput } from '../contracts/activities.js';
import type { PlanStep } from '../contracts/plan.js';
import { recordKeeping } from './activity-options.js';
import type { Verdict } from './approvals.js';
import type { RunParts } from './run-parts.js';

const { requestApproval } = proxyActivities<Activities>(recordKeeping('records'));

export interface Question extends Pick<
  RequestApprovalInput,
  'step' | 'reason' | 'call' | 'note' | 'approved' | 'question'
> {
  /** For the Temporal Web UI. */
  summary: string;
}

/** @throws CancelledFailure where the run is being stopped */
export function hear(
  { unsent, work, approvals }: Pick<RunParts, 'unsent' | 'work' | 'approvals'>,
  approvalId: string,
  how: Exclude<NonNullable<PlanStep['approval']>, true>,
  { summary, ...asked }: Question,
): Promise<Verdict> {
  const { timeoutSeconds, remindEverySeconds, onTimeout = 'deny' } = how;
  const ask = (expiresAt: number | null): ReturnType<Activities['requestApproval']> =>
    unsent.keep((scope) =>
      requestApproval.executeWithOptions(recordKeeping(summary), [
        {
          ...scope,
          approvalId,
          ...asked,
          expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
        },
      ]),
    );
  return work.wait(() =>
    approvals.wait(approvalId, { timeoutSeconds, onTimeout, remindEverySeconds }, ask, () => work.isDraining),
  );
}
