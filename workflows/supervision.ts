/** What follows a step's end: the supervisor's word, and what it does to the run. */
import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contracts/activities.js';
import type { SuperviseResult } from '../contracts/judgements.js';
import type { Decision } from '../contracts/step-ends.js';
import type { ErrorInfo } from '../contracts/errors.js';
import { supervisorApproval, type CarriedSupervision, type Review } from '../contracts/messages.js';
import { nextTryOf, repointed, type PlanChange } from '../contracts/plan-change.js';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { modelCalls, recordKeeping } from './activity-options.js';
import { isBudgetExhausted } from './budget.js';
import { hear } from './hearing.js';
import { label } from './picture.js';
import type { RunParts } from './run-parts.js';

const { failStep, superviseStep } = proxyActivities<Activities>(recordKeeping('records'));

/** How the run goes on after a step; `nothing` where it is being stopped already. */
type Course = 'continue' | 'stop' | 'finish' | 'nothing' | 'carried' | { stop: ErrorInfo };

export class Supervision {
  /** Of steps that a person is asked about. */
  private readonly reviews = new Map<string, Review>();
  /** Steps that run by the state, and are being judged. */
  private judging = 0;

  constructor(private readonly parts: RunParts) {}

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
    const review = { stepId: step.id, error, round: 1, answers: [] };
    this.follow(step, error, decision ?? (await this.course(step, review)), ended);
  }

  /** Goes on with what a person was asked about in an execution before this one. */
  async resume(review: Review): Promise<void> {
    const step = this.parts.state.step(review.stepId);
    this.follow(step, review.error, await this.decide(step, review));
  }

  private follow(step: PlanStep, error: ErrorInfo | null, course: Course, ended = false): void {
    const { state, work, approvals } = this.parts;
    if (course === 'carried') return;
    if (!ended && error === null) state.complete(step.id);
    if (error !== null) state.fail(step.id, summaryOf(error.message));
    if (work.isEnding) return;
    if (course === 'finish')
      approvals.supersede([
        ...state.finish(),
        ...[...this.reviews.values()].map(({ stepId, round }) => supervisorApproval(stepId, round)),
      ]);
    if (typeof course === 'object') work.stop(course.stop);
    if (course !== 'stop') return;
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

  private async course(step: PlanStep, review: Review): Promise<Course> {
    this.judging += 1;
    try {
      return await this.decide(step, review);
    } finally {
      this.judging -= 1;
    }
  }

  /** Asks until there is an answer that the run can follow. */
  private async decide(step: PlanStep, review: Review): Promise<Course> {
    const { bounds, state, work } = this.parts;
    const isNew = (id: string): boolean => !state.has(id);
    const isEnding = (): boolean => work.isEnding;
    for (let refused: string | undefined; ; review.round += 1) {
      if (isEnding()) return 'nothing';
      const wish = await this.ask(step, review, refused);
      if (wish === null || isEnding()) return 'nothing';
      const { decision } = wish;
      if (decision === 'continue' || decision === 'stop' || decision === 'finish') return decision;
      const tooMuch = bounds.problem(step.id, wish, isNew);
      if (tooMuch !== undefined) return { stop: tooMuch };
      if (decision === 'ask') {
        const over = await this.askPerson(step, review, wish);
        if (over !== undefined) return over;
        bounds.note(wish, isNew);
        refused = undefined;
        continue;
      }
      bounds.note(wish, isNew);
      refused = this.revise(step, review.error, wish);
      if (refused === undefined) return 'continue';
    }
  }

  /** Once, and once more where the first answer cannot be used: each has a place of its own in the budget. */
  private async ask(
    step: PlanStep,
    review: Review,
    refused: string | undefined,
  ): Promise<SuperviseResult | null> {
    try {
      let said = await this.call(step, review, { refused });
      if (said !== null && 'toMend' in said) {
        if (this.parts.work.isEnding) return null;
        said = await this.call(step, review, { refused, mending: true });
        if (said !== null && 'toMend' in said) throw new Error('an answer is mended once');
      }
      return said ?? (await this.rule(step, review));
    } catch (failure) {
      // The run is being stopped for its budget: nobody is asked any more.
      if (isBudgetExhausted(failure)) return null;
      throw failure;
    }
  }

  /**
   * @returns null where the budget is used up, and only a word is missing: all has been done, and done is done. A run
   *   waits for no comment.
   */
  private call(
    step: PlanStep,
    { error, round, answers }: Review,
    { refused, mending }: { refused: string | undefined; mending?: true },
  ): Promise<Awaited<ReturnType<Activities['superviseStep']>> | null> {
    const { unsent, budget, state } = this.parts;
    const isMoot = (): boolean =>
      error === null && budget.exhausted !== undefined && state.endsWith(this.judging);
    const said = error === null ? 'completed' : `failed: ${error.message}`;
    const summary = summaryOf(`${step.id} ${said}${mending ? ' (mended)' : ''}`);
    return budget.callUnless(isMoot, () =>
      unsent.keep((scope) =>
        superviseStep.executeWithOptions(modelCalls(summary), [
          {
            ...scope,
            ...{ step: judged(step), error, dependants: this.dependantsOf(step) },
            ...(round === 1 ? {} : { round }),
            ...(answers.length === 0 ? {} : { answers }),
            ...(refused === undefined ? {} : { refused }),
            ...(mending ? { mending } : {}),
          },
        ]),
      ),
    );
  }

  private async rule(step: PlanStep, { error, round }: Review): Promise<SuperviseResult> {
    const { unsent, budget } = this.parts;
    const ruled = await unsent.keep((scope) =>
      superviseStep.executeWithOptions(recordKeeping(summaryOf(`${step.id} completed: by the rules`)), [
        {
          ...scope,
          ...{ step: judged(step), error, dependants: this.dependantsOf(step) },
          ...(round === 1 ? {} : { round }),
          byRules: budget.inWords(),
        },
      ]),
    );
    if ('toMend' in ruled) throw new Error('rules need no mending');
    return ruled;
  }

  /** @returns how the run goes on where that ends it; undefined once there is an answer */
  private async askPerson(
    step: PlanStep,
    review: Review,
    { question = '', reason }: SuperviseResult,
  ): Promise<Course | undefined> {
    const { approvals, state } = this.parts;
    const id = supervisorApproval(step.id, review.round);
    // It takes no place among those that run while somebody thinks.
    state.review(step.id);
    this.reviews.set(step.id, review);
    const summary = summaryOf(`ask: ${question}`);
    try {
      const verdict = await hear(
        this.parts,
        id,
        {},
        { step, reason: 'supervisor', note: reason.slice(0, 500), question, summary },
      );
      if (verdict.status === 'carried') return 'carried';
      this.reviews.delete(step.id);
      if (verdict.status !== 'approved')
        return verdict.status === 'denied' ? { stop: verdict.error } : 'nothing';
      review.answers.push({ question, answer: approvals.grantOf(id)?.args?.answer ?? null });
      approvals.used(id);
      return undefined;
    } catch (error) {
      if (isCancellation(error)) return 'nothing';
      throw error;
    }
  }

  /** Changes the plan as the supervisor wants it. @returns why that cannot be done */
  private revise(
    step: PlanStep,
    error: ErrorInfo | null,
    { decision, steps = [], remove = [] }: SuperviseResult,
  ): string | undefined {
    const { revisions } = this.parts;
    const failed = error === null ? undefined : step.id;
    const [again] = steps;
    const made =
      decision === 'retry' && again !== undefined
        ? this.retryOf(step, again, failed)
        : { change: { steps, remove } };
    const problem = revisions.problemOf(made.change, failed);
    if (problem !== undefined) return problem;
    revisions.apply(made.change, {
      madeBy: 'model',
      ...('retried' in made ? { retried: made.retried } : {}),
    });
    return undefined;
  }

  /** A step of its own beside the one that has ended, and what waited for that one waits for it. */
  private retryOf(
    step: PlanStep,
    again: PlanStep,
    failed: string | undefined,
  ): { change: PlanChange; retried: { step: string; as: string } } {
    const { state } = this.parts;
    const as = nextTryOf(step.id, (id) => state.has(id));
    const after = failed === undefined ? [step.id] : [];
    const dependsOn = [...new Set([...(again.dependsOn ?? []), ...after])];
    const waiting = state.plan.steps.flatMap((each) => {
      const changed = repointed(each, step.id, as);
      return changed === each || each.id === step.id ? [] : [changed];
    });
    const tried = { ...again, id: as, ...(dependsOn.length === 0 ? {} : { dependsOn }) };
    return { change: { steps: [tried, ...waiting], remove: [] }, retried: { step: step.id, as } };
  }

  /** Undefined where there is nothing to carry. */
  carry(): CarriedSupervision | undefined {
    const carried = { ...this.parts.bounds.carry(), reviews: [...this.reviews.values()] };
    return carried.changes === 0 && carried.reviews.length === 0 ? undefined : carried;
  }
}

const judged = ({ id, onFailure }: PlanStep): Pick<PlanStep, 'id' | 'onFailure'> =>
  onFailure === undefined ? { id } : { id, onFailure };
