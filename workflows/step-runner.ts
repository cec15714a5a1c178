/** Carries a plan's steps out: quick ones in rows, the others side by side, each end with the supervisor's word. */
import { CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, CarryOutResult } from '../contracts/activities.js';
import type { RunEnd } from '../contracts/run-endings.js';
import type { StepEnd } from '../contracts/step-ends.js';
import type { ErrorInfo } from '../contracts/errors.js';
import type { Review } from '../contracts/messages.js';
import { recordKeeping } from './activity-options.js';
import { Hearings } from './hearings.js';
import { MAX_ROW, QuickRow } from './quick-row.js';
import type { RunParts } from './run-parts.js';
import { StepExecution } from './step-execution.js';
import { Supervision } from './supervision.js';
import { timerOf, WaitTimer } from './wait-timer.js';

export type StepsOutcome =
  | { status: 'completed' }
  /** The run's end is written already. */
  | { status: 'ended'; end: RunEnd }
  | { status: 'cancelled' }
  | { status: 'failed'; error: ErrorInfo }
  | { status: 'continue-as-new' };

const DEFAULT_PARALLEL = 10;

const { recordEvents } = proxyActivities<Activities>(recordKeeping('records'));

export class StepRunner {
  private readonly timer: WaitTimer;
  private readonly supervision: Supervision;
  private readonly execution: StepExecution;
  private readonly hearings: Hearings;
  /** Events that no step's activity may be there to take along. */
  private hasNews: boolean;
  /** Steps of the row under way: they are running by the state, but one at a time. */
  private inRow = 0;
  /** Whether the row under way is to write the run's end. */
  private isInLastRow = false;
  /** The newest version of the plan that people were asked about. */
  private askedAbout = 0;
  private end: RunEnd | null = null;

  /** @param draw shows how far the run is; called when something has changed */
  constructor(
    private readonly parts: RunParts,
    private readonly draw: () => void,
  ) {
    const { pause, approvals, budget, unsent, work, revisions } = parts;
    revisions.isEnding = () => this.isInLastRow;
    this.supervision = new Supervision(parts);
    this.hearings = new Hearings(parts, this.supervision);
    this.execution = new StepExecution(parts, this.supervision, this.hearings);
    pause.onChange =
      approvals.onChange =
      budget.onChange =
        () => {
          work.touch();
          this.hasNews = true;
        };
    this.hasNews = unsent.size > 0;
    this.timer = new WaitTimer(work.shielded, (error) => {
      work.touch(error);
    });
  }

  /**
   * Resolves when nothing is under way any more.
   * @param begun whether the run's beginning is written; if not, the first row writes it
   * @param reviews steps whose end a person was asked about
   */
  async run(begun: boolean, reviews: readonly Review[] = []): Promise<StepsOutcome> {
    const { state, work, clock } = this.parts;
    return CancellationScope.nonCancellable(async () => {
      if (!begun) await this.begin();
      for (const review of reviews) work.track(this.supervision.resume(review));
      for (;;) {
        this.tellNews();
        this.askAboutPlan();
        this.startReady();
        this.keepBudget();
        clock.set();
        this.timer.set(work.isEnding || work.isDraining || this.isHeld ? undefined : state.nextWait(), state);
        if (work.isIdle && !this.timer.isSet && !this.isWaitingToResume) return this.outcome();
        this.draw();
        await work.change();
      }
    });
  }

  /** What the steps' supervisor has to go on with in the next execution. */
  get carriedSupervision(): ReturnType<Supervision['carry']> {
    return this.supervision.carry();
  }

  private askAboutPlan(): void {
    const { state, work, approvals } = this.parts;
    if (!approvals.isPlanOpen(state.version) || this.askedAbout === state.version) return;
    if (work.isEnding || work.isDraining) return;
    this.askedAbout = state.version;
    work.track(this.hearings.ofPlan(state.version));
  }

  private outcome(): StepsOutcome {
    const { work } = this.parts;
    // The end is in the log already: a cancel that came at the same moment was too late.
    if (this.end !== null) return { status: 'ended', end: this.end };
    if (work.stoppedBy !== undefined) return { status: 'failed', error: work.stoppedBy };
    if (work.wasCancelled) return { status: 'cancelled' };
    if (work.isDraining) return { status: 'continue-as-new' };
    return { status: 'completed' };
  }

  /** Whether nothing may be begun for the moment. */
  private get isHeld(): boolean {
    const { pause, approvals, budget, state } = this.parts;
    return pause.isPaused || approvals.isPlanOpen(state.version) || budget.exhausted !== undefined;
  }

  private get isWaitingToResume(): boolean {
    const { pause, state, work } = this.parts;
    const isLeft = state.count('pending') + state.count('waiting') > 0;
    return pause.isPaused && isLeft && !work.isEnding && !work.isDraining;
  }

  /** People hear at once of what they did, whatever the steps are at. */
  private tellNews(): void {
    if (!this.hasNews) return;
    this.hasNews = false;
    const { unsent, work } = this.parts;
    if (unsent.size === 0) return;
    work.track(
      unsent.keep((scope) => recordEvents.executeWithOptions(recordKeeping('what people did'), [scope])),
    );
  }

  /** Whether a budget that is used up is in the way of anything. Time is, of all that runs. */
  private get isMoreWanted(): boolean {
    const { budget, state } = this.parts;
    if (budget.exhausted === undefined) return false;
    if (budget.exhausted === 'seconds') return state.isOpen;
    return state.isToBegin || budget.isWaitedFor;
  }

  /** What comes of a budget that is used up while there is more to do. */
  private keepBudget(): void {
    const { budget, pause, state, work } = this.parts;
    budget.noteSteps(state.begun, state.hasReady && !work.isEnding && !work.isDraining && !this.isHeld);
    // Whoever waits for it could wait for ever, a sub-agent's run too.
    if (work.isEnding) budget.close();
    if (this.isMoreWanted && !work.isEnding) {
      if (budget.pauses) pause.set(true, { by: null, reason: budget.inWords() }, budget.exhausted);
      else {
        // What runs is let end, unless it is time that has run out.
        work.stop(budget.error(), budget.exhausted !== 'seconds');
        budget.close();
      }
    }
    this.tellNews();
  }

  private startReady(): void {
    const { state, work, approvals, budget, turns } = this.parts;
    if (work.isEnding) return;
    work.isDraining ||=
      workflowInfo().continueAsNewSuggested &&
      (turns.size > 0 ||
        (['pending', 'asking', 'uncertain', 'waiting', 'reviewing'] as const).some(
          (status) => state.count(status) > 0,
        ));
    if (work.isDraining || this.isHeld) return;
    const limit = state.plan.maxParallel ?? DEFAULT_PARALLEL;
    const hasRoom = (): boolean => state.count('running') - this.inRow + (this.inRow > 0 ? 1 : 0) < limit;
    const mayBegin = (): boolean => hasRoom() && budget.stepsLeft(state.begun) > 0;
    // Those that have waited go first, and within the same limit: a thousand may be due at once.
    while (hasRoom()) {
      const due = state.resume(Date.now());
      if (due !== undefined) {
        this.execution.follow(due.step, () => this.execution.endWait(due.step, due.timer));
        continue;
      }
      const step = mayBegin() ? state.start() : undefined;
      if (step === undefined) break;
      const isGranted = approvals.grantOf(state.approvalOf(step.id)) !== undefined;
      const reason = isGranted ? undefined : approvals.isAsked(step);
      if (reason === undefined) {
        this.execution.follow(step, () => this.execution.execute(step));
        continue;
      }
      state.ask(step.id);
      this.execution.follow(step, () => this.hearings.ofStep(step, reason));
    }
    if (this.inRow === 0 && state.hasQuick && mayBegin()) work.track(this.runRow(this.row(true)));
  }

  /** The plan was given: nothing needs to be asked, and the first quick steps go along. */
  private async begin(): Promise<void> {
    const row = this.row(false);
    await this.runRow(row);
    this.parts.work.throwDefect();
  }

  private row(begun: boolean): QuickRow {
    const { input, state, work, budget } = this.parts;
    const most = work.isEnding || this.isHeld ? 0 : Math.min(MAX_ROW, budget.stepsLeft(state.begun));
    const row = new QuickRow(input, state, begun, most);
    this.inRow = row.steps.length;
    this.isInLastRow = row.isLast;
    // Now, for the row may be the last that the run does.
    budget.noteSteps(state.begun, false);
    return row;
  }

  /** Carries the row out and takes in how far it came. */
  private async runRow(row: QuickRow): Promise<void> {
    const { unsent, work } = this.parts;
    const scope = unsent.scope();
    const result = await row.carryOut(scope);
    await work.othersDone();
    this.inRow = 0;
    this.isInLastRow = false;
    unsent.settle(scope.unsent, result.unsent);
    this.end ??= result.ended;
    this.takeIn(row, result);
    if (row.begun || result.begun) return;
    // The database or the files are away: the activity of its own goes on trying.
    await row.beginAlone((call) => unsent.keep(call));
  }

  private takeIn({ steps }: QuickRow, { ends }: CarryOutResult): void {
    const { state, work } = this.parts;
    // Completions first, for a step that is put back may have become ready by them; failures last, for they
    // skip only what is pending.
    const each = steps.map((step, i) => ({ step, end: ends[i] ?? ({ status: 'open' } as const) }));
    // Of one that is still to be judged nothing may be begun that waits for it.
    const isJudged = (end: StepEnd): boolean => end.status === 'completed' && end.decision !== null;
    for (const { step, end } of each) if (isJudged(end)) state.complete(step.id);
    for (const { step, end } of each)
      if (end.status === 'open' || end.status === 'handed back')
        state.putBack(step.id, end.status === 'handed back');
    for (const { step, end } of each) {
      if (end.status === 'deferred') state.wait(step.id, timerOf(end));
      else if (end.status === 'completed' && end.decision !== 'continue')
        work.track(this.supervision.judge(step, null, end.decision, isJudged(end)));
      else if (end.status === 'failed') work.track(this.supervision.judge(step, end.error, end.decision));
    }
  }
}
