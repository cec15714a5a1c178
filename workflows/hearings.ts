/** Asks people about steps and about the plan, and does with the run what they say. */
import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contracts/activities.js';
import type { AgentCall, AgentCallInput } from '../contracts/agent-steps.js';
import type { StepUncertain } from '../contracts/step-ends.js';
import { outcomeUnknown } from '../contracts/errors.js';
import {
  callApproval,
  callOutcomeApproval,
  outcomeApproval,
  planApproval,
  type Approved,
} from '../contracts/messages.js';
import type { JsonValue, PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { recordKeeping } from './activity-options.js';
import type { Verdict } from './approvals.js';
import { hear, type Question } from './hearing.js';
import { label } from './picture.js';
import type { RunParts } from './run-parts.js';
import type { Supervision } from './supervision.js';

const { completeByWord } = proxyActivities<Activities>(recordKeeping('records'));

/** Nobody has said it: another execution goes on with the step, or it has ended. */
type NoWord = 'carried' | 'failed';

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

  /** Has a person decide whether the step's tool may call an address that nobody has named; the step waits in its place. */
  ofReach(step: PlanStep, why: string): Promise<Verdict> {
    const summary = summaryOf(`ask where ${label(step)} may go`);
    const id = this.parts.state.approvalOf(step.id);
    return hear(this.parts, id, {}, { step, reason: 'policy', note: why.slice(0, 500), summary });
  }

  /** Has a person decide about what a step's model asks for. */
  ofCall(
    step: PlanStep,
    turn: number,
    { index, tool }: AgentCall,
    why: string | undefined,
  ): Promise<Verdict> {
    const call = { turn, index };
    const summary = summaryOf(`ask about ${label(step)}: ${tool}`);
    const asked: Question = {
      step,
      reason: 'policy',
      call,
      summary,
      ...(why === undefined ? {} : { note: why.slice(0, 500) }),
    };
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
  async ofOutcome(step: PlanStep, uncertain: StepUncertain): Promise<void> {
    const { state, approvals, unsent } = this.parts;
    approvals.forgetOutcome(step.id);
    const { attempt } = uncertain;
    const word = await this.whatBecame(step, outcomeApproval(step.id, attempt), uncertain, {
      summary: summaryOf(`ask what became of ${label(step)}`),
      approved: approvals.grantOf(state.approvalOf(step.id)),
    });
    if (typeof word === 'string') return;
    if (word.acted === undefined) {
      state.putBack(step.id, true);
      return;
    }
    const { output } = word.acted;
    const decision = await unsent.keep((scope) =>
      completeByWord.executeWithOptions(recordKeeping(summaryOf(`end of ${label(step)}`)), [
        { ...scope, stepId: step.id, attempt, output },
      ]),
    );
    await this.supervision.judge(step, null, decision);
  }

  /**
   * The same of a call that the step's model has asked for; the step goes on with it.
   * @returns what the call's activity is told, where the step goes on
   */
  async ofCallOutcome(
    step: PlanStep,
    turn: number,
    { index, tool }: AgentCall,
    uncertain: StepUncertain,
  ): Promise<Pick<AgentCallInput, 'hasNotActed' | 'acted'> | NoWord> {
    const { state, approvals } = this.parts;
    const id = callOutcomeApproval(step.id, turn, index, uncertain.attempt);
    const word = await this.whatBecame(step, id, uncertain, {
      call: { turn, index },
      summary: summaryOf(`ask what became of ${label(step)}: ${tool}`),
      approved: approvals.grantOf(callApproval(step.id, turn, index)),
    });
    approvals.used(id);
    if (typeof word === 'string') return word;
    state.goOn(step.id);
    return word.acted === undefined ? { hasNotActed: uncertain.attempt } : { acted: word.acted };
  }

  private async whatBecame(
    step: PlanStep,
    id: string,
    { why }: StepUncertain,
    { approved, ...asked }: Pick<Question, 'call' | 'summary'> & { approved: Approved | undefined },
  ): Promise<{ acted: { output: JsonValue } | undefined } | NoWord> {
    this.parts.state.doubt(step.id);
    const unknown = outcomeUnknown(why);
    const { timeoutSeconds } = typeof step.approval === 'object' ? step.approval : {};
    // Nobody's silence says that it has not acted.
    const how = { onTimeout: 'deny', ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) } as const;
    const verdict = await hear(this.parts, id, how, {
      ...asked,
      step,
      reason: 'outcome_unknown',
      note: unknown.message,
      ...(approved === undefined ? {} : { approved }),
    });
    if (verdict.status === 'carried' || verdict.status === 'superseded') return 'carried';
    if (verdict.status === 'approved')
      return { acted: verdict.output === undefined ? undefined : { output: verdict.output.value } };
    const message = `${unknown.message}, and ${verdict.error.message}`;
    await this.supervision.fail(step, { ...unknown, message });
    return 'failed';
  }
}
