/** What follows a step's end: the supervisor's word, and what it does to the run. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities, Decision } from '../contracts/activities.js';
import type { ErrorInfo } from '../contracts/errors.js';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { modelCalls, recordKeeping } from './activity-options.js';
import { label } from './picture.js';
import { isBudgetExhausted } from './budget.js';
import type { RunParts } from './run-parts.js';

const { failStep, superviseStep } = proxyActivities<Activities>(recordKeeping('records'));

export class Supervision {
  constructor(private readonly parts: Pick<RunParts, 'state' | 'unsent' | 'work' | 'budget'>) {}

  /** Writes the end of a step that no activity of its own has ended, and has it judged. */
  async fail(step: PlanStep, error: ErrorInfo): Promise<void> {
    const recorded = await this.parts.unsent.keep((scope) =>
      failStep.executeWithOptions(recordKeeping(summaryOf(`end of ${label(step)}`)), [
        { ...scope, step: judged(step), error, dependants: this.dependantsOf(step) },
      ]),
    );
    await this.judge(step, recorded.error, recorded.decision);
  }

  /** @param decision null to ask for one; @param ended whether the state has the step's end already */
  async judge(step: PlanStep, error: ErrorInfo | null, decision: Decision, ended = false): Promise<void> {
    const { state, work } = this.parts;
    const decided = work.isEnding ? undefined : (decision ?? (await this.ask(step, error)));
    if (!ended && error === null) state.complete(step.id);
    if (error !== null) state.fail(step.id, summaryOf(error.message));
    if (decided !== 'stop' || work.isEnding) return;
    const why = error === null ? 'the supervisor stopped the run' : error.message;
    work.stop({
      code: 'step_failed',
      message: `the step "${step.id}" failed: ${why}`,
      retryable: false,
    });
  }

  /** For a decision's wording: a few are enough. */
  dependantsOf(step: PlanStep): string[] {
    return step.onFailure === 'continue' ? this.parts.state.dependants(step.id).slice(0, 10) : [];
  }

  private async ask(step: PlanStep, error: ErrorInfo | null): Promise<Decision> {
    const said = error === null ? 'completed' : `failed: ${error.message}`;
    const { unsent, budget } = this.parts;
    try {
      const { decision } = await budget.call(() =>
        unsent.keep((scope) =>
          superviseStep.executeWithOptions(modelCalls(summaryOf(`${step.id} ${said}`)), [
            { ...scope, step: judged(step), error, dependants: this.dependantsOf(step) },
          ]),
        ),
      );
      return decision;
    } catch (failure) {
      // The run is being stopped for its budget: nobody is asked any more.
      if (isBudgetExhausted(failure)) return null;
      throw failure;
    }
  }
}

const judged = ({ id, onFailure }: PlanStep): Pick<PlanStep, 'id' | 'onFailure'> =>
  onFailure === undefined ? { id } : { id, onFailure };
