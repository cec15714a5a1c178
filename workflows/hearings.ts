/** Asks people about steps and about the plan, and does with the run what they say. */
import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contracts/activities.js';
import { PLAN_APPROVAL, stepApproval } from '../contracts/messages.js';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { recordKeeping } from './activity-options.js';
import type { Verdict } from './approvals.js';
import { label } from './picture.js';
import type { RunParts } from './run-parts.js';
import type { Supervision } from './supervision.js';

const { requestApproval } = proxyActivities<Activities>(recordKeeping('records'));

export class Hearings {
  constructor(
    private readonly parts: RunParts,
    private readonly supervision: Supervision,
  ) {}

  /** Has a person decide whether the step may run; approved, it takes its turn again. */
  async ofStep(step: PlanStep, reason: 'policy' | 'step'): Promise<void> {
    const how = typeof step.approval === 'object' ? step.approval : {};
    const verdict = await this.hear(stepApproval(step.id), how, step, reason);
    if (verdict.status === 'carried') return;
    if (verdict.status === 'approved') {
      this.parts.state.putBack(step.id, true);
      return;
    }
    await this.supervision.fail(step, verdict.error);
  }

  async ofPlan(): Promise<void> {
    const verdict = await this.hear(PLAN_APPROVAL, {}, null, 'policy').catch((error: unknown) => {
      if (isCancellation(error)) return undefined;
      throw error;
    });
    if (verdict?.status === 'denied') this.parts.work.stop(verdict.error);
  }

  private hear(
    approvalId: string,
    how: Exclude<NonNullable<PlanStep['approval']>, true>,
    step: PlanStep | null,
    reason: 'policy' | 'step',
  ): Promise<Verdict> {
    const { unsent, work, approvals } = this.parts;
    const { timeoutSeconds, onTimeout = 'deny' } = how;
    const summary = summaryOf(step === null ? 'ask about the plan' : `ask about ${label(step)}`);
    const ask = (expiresAt: number | null): ReturnType<Activities['requestApproval']> =>
      unsent.keep((scope) =>
        requestApproval.executeWithOptions(recordKeeping(summary), [
          {
            ...scope,
            approvalId,
            step,
            reason,
            expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
          },
        ]),
      );
    return work.wait(() =>
      approvals.wait(approvalId, { timeoutSeconds, onTimeout }, ask, () => work.isDraining),
    );
  }
}
