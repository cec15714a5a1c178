/**
 * A step that is an agent: its model and its tools by turns, each question and each call an activity of its own. What
 * they say to each other stays in the workspace; here is what happens next, and when it is enough.
 */
import { condition, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../contracts/activities.js';
import type { AgentCall, AgentCallInput, AgentCallResult, AgentStepScope } from '../contracts/agent-steps.js';
import type { RunScope } from '../contracts/run-scope.js';
import type { ErrorInfo } from '../contracts/errors.js';
import { callApproval } from '../contracts/messages.js';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import type { CallWanted } from '../contracts/tool-calls.js';
import { agentTurn, recordKeeping, toolCall } from './activity-options.js';
import type { Hearings } from './hearings.js';
import { label } from './picture.js';
import type { RunParts } from './run-parts.js';
import type { Supervision } from './supervision.js';
import { withCalls } from './tool-calls.js';

/** The same call, as often in a row, is a loop that leads nowhere. */
const MAX_REPEATS = 3;

const { openAgentStep, takeAgentTurn, makeAgentCall } = proxyActivities<Activities>(recordKeeping('records'));

export class AgentStep {
  constructor(
    private readonly parts: RunParts,
    private readonly supervision: Supervision,
    private readonly hearings: Hearings,
  ) {}

  /** @throws what its activities throw */
  async execute(step: PlanStep): Promise<void> {
    const { approvals, state, work, turns } = this.parts;
    const approved = approvals.grantOf(state.approvalOf(step.id));
    const options = toolCall(step.id, 60, summaryOf(label(step)));
    const { maxTurns } = await work.run(() =>
      this.keep((scope) =>
        openAgentStep.executeWithOptions(options, [
          { ...scope, step, ...(approved === undefined ? {} : { approved }), ...this.dependants(step) },
        ]),
      ),
    );
    const hashes: string[] = [];
    for (let turn = turns.get(step.id) ?? 1; ; turn++) {
      turns.set(step.id, turn);
      if (turn > maxTurns) return this.giveUp(step, `it had not come to an end after ${maxTurns} answers`);
      if (await this.mustStay(step)) return;
      const answer = await this.ask(step, turn);
      if (answer.status === 'completed') {
        this.forget(step);
        return this.supervision.judge(step, null, answer.decision);
      }
      hashes.push(...answer.calls.map(({ hash }) => hash));
      const last = hashes.slice(-MAX_REPEATS);
      if (last.length === MAX_REPEATS && new Set(last).size === 1)
        return this.giveUp(
          step,
          `it asked for the same call ${MAX_REPEATS} times in a row: ${answer.calls.at(-1)?.tool ?? ''}`,
        );
      for (const call of answer.calls) if (!(await this.make(step, turn, call))) return;
      work.isDraining ||= workflowInfo().continueAsNewSuggested;
      if (work.isDraining) {
        // The execution that follows goes on with the next turn.
        turns.set(step.id, turn + 1);
        this.parts.state.putBack(step.id, true);
        return;
      }
    }
  }

  /**
   * Resolves when the run is not paused: its model is asked nothing, and does nothing, while it is.
   * @returns true where the execution that follows is to go on with the step, which is put back for it
   */
  private async mustStay(step: PlanStep): Promise<boolean> {
    const { pause, state, work } = this.parts;
    const isHeld = (): boolean => pause.isPaused && !work.isEnding;
    if (!isHeld()) return false;
    await work.run(() => condition(() => !isHeld() || work.isDraining));
    if (!isHeld()) return false;
    state.putBack(step.id, true);
    return true;
  }

  /** The step has come to its end: nothing is carried of it any more. */
  forget(step: PlanStep): void {
    this.parts.turns.delete(step.id);
    this.parts.approvals.used(this.parts.state.approvalOf(step.id));
  }

  private ask(step: PlanStep, turn: number): ReturnType<Activities['takeAgentTurn']> {
    const { budget, work } = this.parts;
    const options = agentTurn(step.id, summaryOf(`${label(step)}, answer ${turn}`));
    return work.run(() =>
      budget.call(() =>
        this.keep((scope) => takeAgentTurn.executeWithOptions(options, [this.scopeOf(step, turn, scope)])),
      ),
    );
  }

  /** @returns false where the step has ended with it, or another execution is to go on with it */
  private async make(step: PlanStep, turn: number, call: AgentCall): Promise<boolean> {
    if (call.made === true) return true;
    const { approvals } = this.parts;
    const id = callApproval(step.id, turn, call.index);
    let denied: ErrorInfo | undefined;
    /** @returns false where another execution is to go on with the step */
    const ask = async (why: string | undefined): Promise<boolean> => {
      const verdict = await this.hearings.ofCall(step, turn, call, why);
      if (verdict.status === 'carried') this.parts.state.putBack(step.id, true);
      else if (verdict.status === 'denied') denied = verdict.error;
      return verdict.status !== 'carried';
    };
    const isAsked = approvals.isCallAsked(call.effect) || call.ask !== undefined;
    if (isAsked && approvals.grantOf(id) === undefined && !(await ask(call.ask))) return false;
    let word: Pick<AgentCallInput, 'hasNotActed' | 'acted'> = {};
    for (;;) {
      // A word on what became of a call before is not carried: that one goes on in this execution.
      if (Object.keys(word).length === 0 && (await this.mustStay(step))) return false;
      const approved = approvals.grantOf(id);
      const made = await this.call(step, turn, call, {
        ...(approved === undefined ? {} : { approved }),
        ...(denied === undefined ? {} : { denied }),
        ...word,
      });
      if (made.status === 'out of reach') {
        if (!(await ask(made.why))) return false;
        continue;
      }
      if (made.status !== 'uncertain') break;
      const said = await this.hearings.ofCallOutcome(step, turn, call, made);
      if (said === 'failed') this.forget(step);
      if (typeof said === 'string') return false;
      word = said;
    }
    approvals.used(id);
    return true;
  }

  private call(
    step: PlanStep,
    turn: number,
    { index, tool, timeoutSeconds }: AgentCall,
    said: Pick<AgentCallInput, 'approved' | 'denied' | 'hasNotActed' | 'acted'>,
  ): Promise<Exclude<AgentCallResult, CallWanted>> {
    const summary = summaryOf(`${label(step)}: ${tool}`);
    const options = toolCall(step.id, timeoutSeconds, summary);
    const { id: runId, tenantId } = this.parts.input.run;
    return withCalls(this.parts.work, { runId, tenantId, stepId: step.id, summary }, (phase) =>
      this.keep((scope) =>
        makeAgentCall.executeWithOptions(options, [
          { ...this.scopeOf(step, turn, scope), index, ...said, ...phase },
        ]),
      ),
    );
  }

  private giveUp(step: PlanStep, message: string): Promise<void> {
    this.forget(step);
    return this.supervision.fail(step, { code: 'agent_no_end', message, retryable: false });
  }

  /** Calls an activity that hands back what it could not store. */
  private async keep<Result>(call: (scope: RunScope) => Promise<Result>): Promise<Result> {
    const { unsent } = this.parts;
    const scope = unsent.scope();
    const result = await call(scope);
    const back = (result as { unsent?: RunScope['unsent'] }).unsent;
    unsent.settle(scope.unsent, back);
    return result;
  }

  private scopeOf(step: PlanStep, turn: number, scope: RunScope): AgentStepScope {
    const { id, tool, title, onFailure } = step;
    return {
      ...scope,
      step: {
        id,
        tool,
        ...(title === undefined ? {} : { title }),
        ...(onFailure === undefined ? {} : { onFailure }),
      },
      ...this.dependants(step),
      turn,
    };
  }

  private dependants(step: PlanStep): { dependants?: string[] } {
    const dependants = this.supervision.dependantsOf(step);
    return dependants.length === 0 ? {} : { dependants };
  }
}
