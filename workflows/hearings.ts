/** Asks people about steps and about the plan, and does with the run what they say. */
import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities, RequestApprovalInput } from '../contracts/activities.js';
import { callApproval, PLAN_APPROVAL, stepApproval } from '../contracts/messages.js';
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
    const summary = summaryOf(`ask about ${label(step)}`);
    const verdict = await this.hear(stepApproval(step.id), how, { step, reason, summary });
    if (verdict.status === 'carried') return;
    if (verdict.status === 'approved') {
      this.parts.state.putBack(step.id, true);
      return;
    }
    await this.supervision.fail(step, verdict.error);
  }

  /** Has a person decide about what a step's model asks for. */
  ofCall(
    step: PlanStep,
    { turn, index, tool }: { turn: number; index: number; tool: string },
  ): Promise<Verdict> {
    const call = { turn, index };
    const summary = summaryOf(`ask about ${label(step)}: ${tool}`);
    return this.hear(callApproval(step.id, turn, index), {}, { step, reason: 'policy', call, summary });
  }

  async ofPlan(): Promise<void> {
    const asked = { step: null, reason: 'policy', summary: 'ask about the plan' } as const;
    const verdict = await this.hear(PLAN_APPROVAL, {}, asked).catch((error: unknown) => {
      if (isCancellation(error)) return undefined;
      throw error;
    });
    if (verdict?.status === 'denied') this.parts.work.stop(verdict.error);
  }

  private hear(
    approvalId: string,
    how: Exclude<NonNullable<PlanStep['approval']>, true>,
    { summary, ...asked }: Pick<RequestApprovalInput, 'step' | 'reason' | 'call'> & { summary: string },
  ): Promise<Verdict> {
    const { unsent, work, approvals } = this.parts;
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
      approvals.wait(
        approvalId,
        { timeoutSeconds, onTimeout, remindEverySeconds },
        ask,
        () => work.isDraining,
      ),
    );
  }
}
