/** Asks people about steps and about the plan, and does with the run what they say. */
import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities, StepUncertain } from '../contracts/activities.js';
import { outcomeUnknown } from '../contracts/errors.js';
import { callApproval, outcomeApproval, planApproval } from '../contracts/messages.js';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { recordKeeping } from './activity-options.js';
import type { Verdict } from './approvals.js';
import { hear, type Question } from './hearing.js';
import { label } from './picture.js';
import type { RunParts } from './run-parts.js';
import type { Supervision } from './supervision.js';

const { completeByWord } = proxyActivities<Activities>(recordKeeping('records'));

export class Hearings {
  constructor(
    private readonly parts: RunParts,
    private readonly supervision: Supervision,
  ) {}

  /** Has a person decide whether the step may run; approved, it takes its turn again. */
  async ofStep(step: PlanStep, reason: 'policy' | 'step'): Promise<void> {
    const how = typeof step.approval === 'object' ? step.approval : {};
    const summary = summaryOf(`ask about ${label(step)}`);
    const id = this.parts.state.approvalOf(step.id);
    const verdict = await hear(this.parts, id, how, { step, reason, summary });
    if (verdict.status === 'carried' || verdict.status === 'superseded') return;
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
    const asked: Question = { step, reason: 'policy', call, summary };
    return hear(this.parts, callApproval(step.id, turn, index), {}, asked);
  }

  /** @param version that may not be carried out before */
  async ofPlan(version: number): Promise<void> {
    const asked = { step: null, reason: 'policy', summary: 'ask about the plan' } as const;
    const verdict = await hear(this.parts, planApproval(version), {}, asked).catch((error: unknown) => {
      if (isCancellation(error)) return undefined;
      throw error;
    });
    if (verdict?.status === 'denied') this.parts.work.stop(verdict.error);
  }

  /** Has a person say whether the tool has acted: it may then act after all, or the step has its output, or none. */
  async ofOutcome(step: PlanStep, { attempt, why }: StepUncertain): Promise<void> {
    const { state, approvals, unsent } = this.parts;
    state.doubt(step.id);
    approvals.forgetOutcome(step.id);
    const unknown = outcomeUnknown(why);
    const { timeoutSeconds } = typeof step.approval === 'object' ? step.approval : {};
    const approved = approvals.grantOf(state.approvalOf(step.id));
    // Nobody's silence says that it has not acted.
    const how = { onTimeout: 'deny', ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) } as const;
    const verdict = await hear(this.parts, outcomeApproval(step.id, attempt), how, {
      step,
      reason: 'outcome_unknown',
      summary: summaryOf(`ask what became of ${label(step)}`),
      note: unknown.message,
      ...(approved === undefined ? {} : { approved }),
    });
    if (verdict.status === 'carried' || verdict.status === 'superseded') return;
    if (verdict.status === 'denied') {
      const message = `${unknown.message}, and ${verdict.error.message}`;
      await this.supervision.fail(step, { ...unknown, message });
      return;
    }
    if (verdict.output === undefined) {
      state.putBack(step.id, true);
      return;
    }
    const { value } = verdict.output;
    const decision = await unsent.keep((scope) =>
      completeByWord.executeWithOptions(recordKeeping(summaryOf(`end of ${label(step)}`)), [
        { ...scope, stepId: step.id, attempt, output: value },
      ]),
    );
    await this.supervision.judge(step, null, decision);
  }
}
