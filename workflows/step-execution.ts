/** Carries one step out by activities of its own, to its end. */
import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contracts/activities.js';
import { outcomeUnknown } from '../contracts/errors.js';
import { AGENT_TOOL, DELEGATE_TOOL } from '../contracts/loop-tools.js';
import type { StepTimer } from '../contracts/messages.js';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { AgentStep } from './agent-step.js';
import { recordKeeping, toolCall } from './activity-options.js';
import { DelegateStep } from './delegate-step.js';
import { errorOf, journalledFailureOf } from './error-of.js';
import type { Hearings } from './hearings.js';
import { label } from './picture.js';
import { traitsOf, type RunParts } from './run-parts.js';
import type { Supervision } from './supervision.js';
import { withCalls } from './tool-calls.js';
import { timerOf } from './wait-timer.js';

const { runTool, completeDeferred } = proxyActivities<Activities>(recordKeeping('records'));

export class StepExecution {
  private readonly agents: AgentStep;
  private readonly delegates: DelegateStep;

  constructor(
    private readonly parts: RunParts,
    private readonly supervision: Supervision,
    private readonly hearings: Hearings,
  ) {
    this.agents = new AgentStep(parts, supervision, hearings);
    this.delegates = new DelegateStep(parts, supervision);
  }

  /** Runs beside everything else; whatever breaks down in it is the step's end. */
  follow(step: PlanStep, carryOut: () => Promise<void>): void {
    this.parts.work.track(
      carryOut().catch(async (error: unknown) => {
        // Stopped before it could say so itself: the run's last activity writes its end.
        if (isCancellation(error)) return;
        const info = errorOf(error);
        if (info === undefined || info === 'cancelled') throw error;
        const { effect } = traitsOf(this.parts.input, step);
        await this.supervision.fail(step, effect === 'irreversible' ? outcomeUnknown(info.message) : info);
      }),
    );
  }

  async execute(step: PlanStep): Promise<void> {
    if (step.tool === AGENT_TOOL) return this.executeLoop(step, this.agents);
    if (step.tool === DELEGATE_TOOL) return this.executeLoop(step, this.delegates);
    return this.executeTool(step);
  }

  /** Of which more than one activity is the step's. */
  private async executeLoop(step: PlanStep, loop: AgentStep | DelegateStep): Promise<void> {
    const { unsent } = this.parts;
    try {
      await loop.execute(step);
    } catch (thrown) {
      const failure = journalledFailureOf(thrown);
      if (failure === undefined) throw thrown;
      unsent.settle([], failure.unsent);
      this.agents.forget(step);
      await this.supervision.judge(step, failure.error, failure.decision);
    }
  }

  private async executeTool(step: PlanStep): Promise<void> {
    const { input, state, unsent, approvals, work } = this.parts;
    const summary = summaryOf(label(step));
    const options = toolCall(step.id, traitsOf(input, step).timeoutSeconds, summary);
    let scope = unsent.scope();
    const dependants = this.supervision.dependantsOf(step);
    const approval = state.approvalOf(step.id);
    const approved = approvals.grantOf(approval);
    const hasNotActed = approvals.notActed(step.id);
    try {
      const { id: runId, tenantId } = input.run;
      const result = await withCalls(work, { runId, tenantId, stepId: step.id, summary }, async (phase) => {
        scope = unsent.scope();
        const ended = await runTool.executeWithOptions(options, [
          {
            ...scope,
            step,
            ...(approved === undefined ? {} : { approved }),
            ...(hasNotActed === undefined ? {} : { hasNotActed }),
            ...(dependants.length === 0 ? {} : { dependants }),
            ...phase,
          },
        ]);
        unsent.settle(scope.unsent, ended.unsent);
        return ended;
      });
      if (result.status === 'uncertain') {
        await this.hearings.ofOutcome(step, result);
        return;
      }
      if (result.status === 'out of reach') {
        const verdict = await this.hearings.ofReach(step, result.why);
        if (verdict.status === 'denied') await this.supervision.fail(step, verdict.error);
        // Approved, or carried on to the next execution: it takes its turn again.
        else state.putBack(step.id, true);
        return;
      }
      approvals.used(approval);
      approvals.forgetOutcome(step.id);
      if (result.status === 'deferred') state.wait(step.id, timerOf(result));
      else await this.supervision.judge(step, null, result.decision);
    } catch (thrown) {
      const failure = journalledFailureOf(thrown);
      if (failure === undefined) throw thrown;
      unsent.settle(scope.unsent, failure.unsent);
      await this.supervision.judge(step, failure.error, failure.decision);
    }
  }

  async endWait(step: PlanStep, timer: StepTimer): Promise<void> {
    const decision = await this.parts.unsent.keep((scope) =>
      completeDeferred.executeWithOptions(recordKeeping(summaryOf(`end of ${label(step)}`)), [
        { ...scope, stepId: step.id, timer },
      ]),
    );
    await this.supervision.judge(step, null, decision);
  }
}
