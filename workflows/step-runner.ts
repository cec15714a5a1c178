/** Carries a plan's steps out: quick ones in rows, the others side by side, each end with the supervisor's word. */
import {
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  Activities,
  CarryOutResult,
  Decision,
  RunEnd,
  RunScope,
  StepDeferred,
  StepEnd,
} from '../contracts/activities.js';
import { outcomeUnknown, type ErrorInfo } from '../contracts/errors.js';
import { PLAN_APPROVAL, stepApproval, type AgentRunInput, type StepTimer } from '../contracts/messages.js';
import type { Plan, PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { modelCalls, recordKeeping, toolCall } from './activity-options.js';
import type { Approvals, Verdict } from './approvals.js';
import { errorOf, journalledFailureOf } from './error-of.js';
import type { Pause } from './pause.js';
import { label } from './picture.js';
import { MAX_ROW, QuickRow } from './quick-row.js';
import type { RunState } from './run-state.js';
import type { UnsentEvents } from './unsent-events.js';
import { WaitTimer } from './wait-timer.js';

export type StepsOutcome =
  | { status: 'completed' }
  /** The run's end is written already. */
  | { status: 'ended'; end: RunEnd }
  | { status: 'cancelled' }
  | { status: 'failed'; error: ErrorInfo }
  | { status: 'continue-as-new' };

const DEFAULT_PARALLEL = 10;
/** A tool that the submitting server did not know of (a newer worker's): generous, the worker limits it. */
const unknownTool = { timeoutSeconds: 600, effect: 'irreversible', quick: false } as const;

const { recordEvents, requestApproval, runTool, completeDeferred, failStep, superviseStep } =
  proxyActivities<Activities>(recordKeeping('records'));

export class StepRunner {
  /** Not cancelled by Temporal's cancellation of the workflow: that is ours to pass on. */
  private readonly shielded = new CancellationScope({ cancellable: false });
  /** The tools; cancelled when the run is cancelled or stopped by a failed step. */
  private readonly work = new CancellationScope({ cancellable: true, parent: this.shielded });
  private readonly timer: WaitTimer;
  private readonly unsent: UnsentEvents;
  private readonly pause: Pause;
  private readonly approvals: Approvals;
  /** Events that no step's activity may be there to take along. */
  private hasNews: boolean;
  private busy = 0;
  private settled = 0;
  /** Steps of the row under way: they are running by the state, but one at a time. */
  private inRow = 0;
  private cancelled = false;
  private stopped: ErrorInfo | undefined;
  private draining = false;
  private end: RunEnd | null = null;
  /** A defect met in a step: rethrown, so that the workflow task fails and shows it. */
  private defect: { error: unknown } | undefined;

  /** @param draw shows how far the run is; called when something has changed */
  constructor(
    private readonly input: AgentRunInput,
    private readonly plan: Plan,
    private readonly state: RunState,
    { unsent, pause, approvals }: { unsent: UnsentEvents; pause: Pause; approvals: Approvals },
    private readonly draw: () => void,
  ) {
    this.unsent = unsent;
    this.pause = pause;
    this.approvals = approvals;
    pause.onChange = approvals.onChange = () => {
      this.settled += 1;
      this.hasNews = true;
    };
    this.hasNews = unsent.size > 0;
    const run = CancellationScope.current();
    const cancel = (): void => {
      this.cancelled = true;
      this.settled += 1;
      this.work.cancel();
    };
    if (run.consideredCancelled) cancel();
    else void run.cancelRequested.catch(cancel);
    this.timer = new WaitTimer(this.shielded, (error) => {
      if (error !== undefined) this.defect = { error };
      this.settled += 1;
    });
  }

  /**
   * Resolves when nothing is under way any more.
   * @param begun whether the run's beginning is written; if not, the first row writes it
   */
  async run(begun: boolean): Promise<StepsOutcome> {
    return CancellationScope.nonCancellable(async () => {
      if (!begun) await this.begin();
      if (this.approvals.isPlanOpen) this.track(this.askForPlan());
      for (;;) {
        this.tellNews();
        this.startReady();
        this.timer.set(
          this.ending || this.draining || this.isHeld ? undefined : this.state.nextWait(),
          this.state,
        );
        if (this.busy === 0 && !this.timer.isSet && !this.isWaitingToResume) return this.outcome();
        this.draw();
        const seen = this.settled;
        await condition(() => this.settled > seen || this.defect !== undefined);
        if (this.defect !== undefined) throw this.defect.error;
      }
    });
  }

  private outcome(): StepsOutcome {
    // The end is in the log already: a cancel that came at the same moment was too late.
    if (this.end !== null) return { status: 'ended', end: this.end };
    if (this.stopped !== undefined) return { status: 'failed', error: this.stopped };
    if (this.cancelled) return { status: 'cancelled' };
    if (this.draining) return { status: 'continue-as-new' };
    return { status: 'completed' };
  }

  /** Whether nothing may be begun for the moment. */
  private get isHeld(): boolean {
    return this.pause.isPaused || this.approvals.isPlanOpen;
  }

  private get isWaitingToResume(): boolean {
    const isLeft = this.state.count('pending') + this.state.count('waiting') > 0;
    return this.pause.isPaused && isLeft && !this.ending && !this.draining;
  }

  /** People hear at once of what they did, whatever the steps are at. */
  private tellNews(): void {
    if (!this.hasNews) return;
    this.hasNews = false;
    this.track(
      this.keep((scope) => recordEvents.executeWithOptions(recordKeeping('what people did'), [scope])),
    );
  }

  /** Whether no step is to be begun or judged any more. */
  private get ending(): boolean {
    return this.cancelled || this.stopped !== undefined;
  }

  private startReady(): void {
    if (this.ending) return;
    this.draining ||=
      workflowInfo().continueAsNewSuggested &&
      this.state.count('pending') + this.state.count('asking') + this.state.count('waiting') > 0;
    if (this.draining || this.isHeld) return;
    const limit = this.plan.maxParallel ?? DEFAULT_PARALLEL;
    const hasRoom = (): boolean =>
      this.state.count('running') - this.inRow + (this.inRow > 0 ? 1 : 0) < limit;
    // Those that have waited go first, and within the same limit: a thousand may be due at once.
    while (hasRoom()) {
      const due = this.state.resume(Date.now());
      if (due !== undefined) {
        this.follow(due.step, () => this.endWait(due.step, due.timer));
        continue;
      }
      const step = this.state.start();
      if (step === undefined) break;
      const reason = this.approvals.reasonFor(step);
      if (reason === undefined) {
        this.follow(step, () => this.execute(step));
        continue;
      }
      this.state.ask(step.id);
      this.follow(step, () => this.askFor(step, reason));
    }
    if (this.inRow === 0 && this.state.hasQuick && hasRoom()) this.track(this.runRow(this.row(true)));
  }

  /** The plan was given: nothing needs to be asked, and the first quick steps go along. */
  private async begin(): Promise<void> {
    const row = this.row(false);
    await this.runRow(row);
    if (this.defect !== undefined) throw this.defect.error;
  }

  private row(begun: boolean): QuickRow {
    const row = new QuickRow(
      this.input,
      this.plan,
      this.state,
      begun,
      this.ending || this.isHeld ? 0 : MAX_ROW,
    );
    this.inRow = row.steps.length;
    return row;
  }

  /** Carries the row out and takes in how far it came. */
  private async runRow(row: QuickRow): Promise<void> {
    const scope = this.scope();
    const result = await row.carryOut(scope);
    this.inRow = 0;
    this.unsent.settle(scope.unsent, result.unsent);
    this.end ??= result.ended;
    this.takeIn(row, result);
    if (row.begun || result.begun) return;
    // The database or the files are away: the activity of its own goes on trying.
    await row.beginAlone((call) => this.keep(call));
  }

  private takeIn({ steps }: QuickRow, { ends }: CarryOutResult): void {
    // Completions first, for a step that is put back may have become ready by them; failures last, for they
    // skip only what is pending.
    const each = steps.map((step, i) => ({ step, end: ends[i] ?? ({ status: 'open' } as const) }));
    // Of one that is still to be judged nothing may be begun that waits for it.
    const isJudged = (end: StepEnd): boolean => end.status === 'completed' && end.decision !== null;
    for (const { step, end } of each) if (isJudged(end)) this.state.complete(step.id);
    for (const { step, end } of each)
      if (end.status === 'open' || end.status === 'handed back')
        this.state.putBack(step.id, end.status === 'handed back');
    for (const { step, end } of each) {
      if (end.status === 'deferred') this.state.wait(step.id, timerOf(end));
      else if (end.status === 'completed' && end.decision !== 'continue')
        this.track(this.supervise(step, null, end.decision, isJudged(end)));
      else if (end.status === 'failed') this.track(this.supervise(step, end.error, end.decision));
    }
  }

  /** Runs beside everything else; a defect in it fails the workflow task. */
  private track(work: Promise<void>): void {
    this.busy += 1;
    work
      .catch((error: unknown) => {
        this.defect = { error };
      })
      .finally(() => {
        this.busy -= 1;
        this.settled += 1;
      });
  }

  private follow(step: PlanStep, carryOut: () => Promise<void>): void {
    this.track(
      carryOut().catch(async (error: unknown) => {
        // Stopped before it could say so itself: the run's last activity writes its end.
        if (isCancellation(error)) return;
        const info = errorOf(error);
        if (info === undefined || info === 'cancelled') throw error;
        const broken = this.traitsOf(step).effect === 'irreversible' ? outcomeUnknown(info.message) : info;
        const recorded = await this.keep((scope) =>
          failStep.executeWithOptions(recordKeeping(summaryOf(`end of ${label(step)}`)), [
            { ...scope, step: judged(step), error: broken, dependants: this.dependantsOf(step) },
          ]),
        );
        await this.supervise(step, recorded.error, recorded.decision);
      }),
    );
  }

  private traitsOf(step: PlanStep): AgentRunInput['tools'][string] {
    return this.input.tools[step.tool] ?? unknownTool;
  }

  /** For a decision's wording: a few are enough. */
  private dependantsOf(step: PlanStep): string[] {
    return step.onFailure === 'continue' ? this.state.dependants(step.id).slice(0, 10) : [];
  }

  private async execute(step: PlanStep): Promise<void> {
    const options = toolCall(step.id, this.traitsOf(step).timeoutSeconds, summaryOf(label(step)));
    const scope = this.scope();
    const dependants = this.dependantsOf(step);
    const approved = this.approvals.grantOf(step.id);
    try {
      const result = await this.work.run(() =>
        runTool.executeWithOptions(options, [
          {
            ...scope,
            step,
            ...(approved === undefined ? {} : { approved }),
            ...(dependants.length === 0 ? {} : { dependants }),
          },
        ]),
      );
      this.approvals.used(step.id);
      this.unsent.settle(scope.unsent, result.unsent);
      if (result.status === 'deferred') this.state.wait(step.id, timerOf(result));
      else await this.supervise(step, null, result.decision);
    } catch (thrown) {
      const failure = journalledFailureOf(thrown);
      if (failure === undefined) throw thrown;
      this.unsent.settle(scope.unsent, failure.unsent);
      await this.supervise(step, failure.error, failure.decision);
    }
  }

  /** Has a person decide whether the step may run; approved, it takes its turn again. */
  private async askFor(step: PlanStep, reason: 'policy' | 'step'): Promise<void> {
    const how = typeof step.approval === 'object' ? step.approval : {};
    const verdict = await this.hearing(stepApproval(step.id), how, step, reason);
    if (verdict.status === 'carried') return;
    if (verdict.status === 'approved') {
      this.state.putBack(step.id, true);
      return;
    }
    const recorded = await this.keep((scope) =>
      failStep.executeWithOptions(recordKeeping(summaryOf(`end of ${label(step)}`)), [
        { ...scope, step: judged(step), error: verdict.error, dependants: this.dependantsOf(step) },
      ]),
    );
    await this.supervise(step, recorded.error, recorded.decision);
  }

  private async askForPlan(): Promise<void> {
    const verdict = await this.hearing(PLAN_APPROVAL, {}, null, 'policy').catch((error: unknown) => {
      if (isCancellation(error)) return undefined;
      throw error;
    });
    if (verdict?.status === 'denied') this.stopped = verdict.error;
  }

  private hearing(
    approvalId: string,
    how: Exclude<NonNullable<PlanStep['approval']>, true>,
    step: PlanStep | null,
    reason: 'policy' | 'step',
  ): Promise<Verdict> {
    const { timeoutSeconds, onTimeout = 'deny' } = how;
    const summary = summaryOf(step === null ? 'ask about the plan' : `ask about ${label(step)}`);
    const ask = (expiresAt: number | null): ReturnType<Activities['requestApproval']> =>
      this.keep((scope) =>
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
    return this.work.run(() =>
      this.approvals.wait(approvalId, { timeoutSeconds, onTimeout }, ask, () => this.draining),
    );
  }

  private async endWait(step: PlanStep, timer: StepTimer): Promise<void> {
    const decision = await this.keep((scope) =>
      completeDeferred.executeWithOptions(recordKeeping(summaryOf(`end of ${label(step)}`)), [
        { ...scope, stepId: step.id, timer },
      ]),
    );
    await this.supervise(step, null, decision);
  }

  /** @param decision null to ask for one; @param ended whether the state has the step's end already */
  private async supervise(
    step: PlanStep,
    error: ErrorInfo | null,
    decision: Decision,
    ended = false,
  ): Promise<void> {
    const decided = this.ending ? undefined : (decision ?? (await this.ask(step, error)));
    if (!ended && error === null) this.state.complete(step.id);
    if (error !== null) this.state.fail(step.id, summaryOf(error.message));
    if (decided !== 'stop' || this.ending) return;
    const why = error === null ? 'the supervisor stopped the run' : error.message;
    this.stopped = {
      code: 'step_failed',
      message: `the step "${step.id}" failed: ${why}`,
      retryable: false,
    };
    this.work.cancel();
  }

  private async ask(step: PlanStep, error: ErrorInfo | null): Promise<Decision> {
    const said = error === null ? 'completed' : `failed: ${error.message}`;
    const { decision } = await this.keep((scope) =>
      superviseStep.executeWithOptions(modelCalls(summaryOf(`${step.id} ${said}`)), [
        { ...scope, step: judged(step), error, dependants: this.dependantsOf(step) },
      ]),
    );
    return decision;
  }

  /** Calls an activity whose success means that the unsent events it was given are stored. */
  private async keep<Result>(call: (scope: RunScope) => Promise<Result>): Promise<Result> {
    const scope = this.scope();
    const result = await call(scope);
    this.unsent.settle(scope.unsent);
    return result;
  }

  private scope(): RunScope {
    const { id, tenantId } = this.input.run;
    return { runId: id, tenantId, unsent: this.unsent.all() };
  }
}

const judged = ({ id, onFailure }: PlanStep): Pick<PlanStep, 'id' | 'onFailure'> =>
  onFailure === undefined ? { id } : { id, onFailure };

/** By the workflow's clock, which is Temporal's. */
function timerOf({ attempt, wait }: StepDeferred): StepTimer {
  const now = Date.now();
  const until = 'until' in wait ? wait.until : new Date(now + wait.seconds * 1000).toISOString();
  return { attempt, startedAt: new Date(now).toISOString(), until };
}
