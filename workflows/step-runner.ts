/** Carries a plan's steps out: the ready ones side by side, each followed by the supervisor's word. */
import {
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, RunScope, SuperviseInput, SuperviseResult } from '../contracts/activities.js';
import { outcomeUnknown, type ErrorInfo } from '../contracts/errors.js';
import type { AgentRunInput, StepTimer } from '../contracts/messages.js';
import type { Plan, PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { recordKeeping, supervisionInline, toolCall } from './activity-options.js';
import { errorOf, journalledFailureOf } from './error-of.js';
import { label, picture } from './picture.js';
import type { RunState } from './run-state.js';
import type { UnsentEvents } from './unsent-events.js';

export type StepsOutcome =
  | { status: 'completed' }
  | { status: 'cancelled' }
  | { status: 'failed'; error: ErrorInfo }
  | { status: 'continue-as-new' };

const DEFAULT_PARALLEL = 10;
/** A tool that the submitting server did not know of (a newer worker's): generous, the worker limits it. */
const DEFAULT_TIMEOUT_SECONDS = 600;
/** Large plans are redrawn at every so many-th change only. */
const DRAWINGS = 200;

const { runTool, completeDeferred, failStep, superviseStep } = proxyActivities<Activities>(
  recordKeeping('records'),
);
const { superviseStep: superviseInline } = proxyLocalActivities<Activities>(supervisionInline);

export class StepRunner {
  /** Not cancelled by Temporal's cancellation of the workflow: that is ours to pass on. */
  private readonly shielded = new CancellationScope({ cancellable: false });
  /** The tools; cancelled when the run is cancelled or stopped by a failed step. */
  private readonly work = new CancellationScope({ cancellable: true, parent: this.shielded });
  /** One timer for all waits, for the earliest: however many there are, they fill no history. */
  private timer: { at: number; scope: CancellationScope } | undefined;
  private busy = 0;
  private settled = 0;
  private changes = 0;
  private cancelled = false;
  private stopped: ErrorInfo | undefined;
  private draining = false;
  /** A defect met in a step: rethrown, so that the workflow task fails and shows it. */
  private defect: { error: unknown } | undefined;

  constructor(
    private readonly input: AgentRunInput,
    private readonly plan: Plan,
    private readonly state: RunState,
    private readonly unsent: UnsentEvents,
  ) {
    const run = CancellationScope.current();
    const cancel = (): void => {
      this.cancelled = true;
      this.settled += 1;
      this.work.cancel();
    };
    if (run.consideredCancelled) cancel();
    else void run.cancelRequested.catch(cancel);
  }

  /** Resolves when nothing is under way any more. */
  async run(): Promise<StepsOutcome> {
    return CancellationScope.nonCancellable(async () => {
      for (;;) {
        this.startReady();
        this.setTimer();
        if (this.busy === 0 && this.timer === undefined) return this.outcome();
        this.draw();
        const seen = this.settled;
        await condition(() => this.settled > seen || this.defect !== undefined);
        if (this.defect !== undefined) throw this.defect.error;
      }
    });
  }

  private outcome(): StepsOutcome {
    if (this.stopped !== undefined) return { status: 'failed', error: this.stopped };
    if (this.cancelled) return { status: 'cancelled' };
    return { status: this.draining ? 'continue-as-new' : 'completed' };
  }

  /** Whether no step is to be begun or judged any more. */
  private get ending(): boolean {
    return this.cancelled || this.stopped !== undefined;
  }

  private startReady(): void {
    if (this.ending) return;
    this.draining ||=
      workflowInfo().continueAsNewSuggested && this.state.count('pending') + this.state.count('waiting') > 0;
    if (this.draining) return;
    const limit = this.plan.maxParallel ?? DEFAULT_PARALLEL;
    // Those that have waited go first, and within the same limit: a thousand may be due at once.
    while (this.state.count('running') < limit) {
      const due = this.state.resume(Date.now());
      if (due !== undefined) {
        this.follow(due.step, () => this.endWait(due.step, due.timer));
        continue;
      }
      const step = this.state.start();
      if (step === undefined) return;
      this.follow(step, () => this.execute(step));
    }
  }

  private setTimer(): void {
    const next = this.ending || this.draining ? undefined : this.state.nextWait();
    if (next?.at === this.timer?.at) return;
    this.timer?.scope.cancel();
    this.timer = undefined;
    // What is due waits for a place among the running: the next that settles makes one.
    if (next === undefined || next.at <= Date.now()) return;
    const others = this.state.count('waiting') - 1;
    const also = others === 0 ? '' : ` (and ${others} more)`;
    const summary = summaryOf(`${label(next.step)} until ${new Date(next.at).toISOString()}${also}`);
    const timer = {
      at: next.at,
      scope: new CancellationScope({ cancellable: true, parent: this.shielded }),
    };
    this.timer = timer;
    timer.scope
      .run(() => sleep(next.at - Date.now(), { summary }))
      .then(() => {
        if (this.timer === timer) this.timer = undefined;
        this.settled += 1;
      })
      .catch((error: unknown) => {
        if (!isCancellation(error)) this.defect = { error };
      });
  }

  private follow(step: PlanStep, carryOut: () => Promise<void>): void {
    this.busy += 1;
    carryOut()
      .catch(async (error: unknown) => {
        // Stopped before it could say so itself: the run's last activity writes its end.
        if (isCancellation(error)) return;
        const info = errorOf(error);
        if (info === undefined || info === 'cancelled') throw error;
        const broken = this.traitsOf(step).effect === 'irreversible' ? outcomeUnknown(info.message) : info;
        const recorded = await this.keep((scope) =>
          failStep.executeWithOptions(recordKeeping(summaryOf(`end of ${label(step)}`)), [
            { ...scope, stepId: step.id, error: broken },
          ]),
        );
        await this.supervise(step, recorded);
      })
      .catch((error: unknown) => {
        this.defect = { error };
      })
      .finally(() => {
        this.busy -= 1;
        this.settled += 1;
      });
  }

  private traitsOf(step: PlanStep): AgentRunInput['tools'][string] {
    return this.input.tools[step.tool] ?? { timeoutSeconds: DEFAULT_TIMEOUT_SECONDS, effect: 'irreversible' };
  }

  private async execute(step: PlanStep): Promise<void> {
    const options = toolCall(this.traitsOf(step).timeoutSeconds, summaryOf(label(step)));
    const scope = this.scope();
    try {
      const result = await this.work.run(() => runTool.executeWithOptions(options, [{ ...scope, step }]));
      this.unsent.settle(scope.unsent, result.unsent);
      if (result.status === 'deferred') this.state.wait(step.id, timerOf(result));
      else await this.supervise(step, null);
    } catch (thrown) {
      const failure = journalledFailureOf(thrown);
      if (failure === undefined) throw thrown;
      this.unsent.settle(scope.unsent, failure.unsent);
      await this.supervise(step, failure.error);
    }
  }

  private async endWait(step: PlanStep, timer: StepTimer): Promise<void> {
    await this.keep((scope) =>
      completeDeferred.executeWithOptions(recordKeeping(summaryOf(`end of ${label(step)}`)), [
        { ...scope, stepId: step.id, timer },
      ]),
    );
    await this.supervise(step, null);
  }

  private async supervise(step: PlanStep, error: ErrorInfo | null): Promise<void> {
    const { id, onFailure } = step;
    const dependants = error === null ? [] : this.state.dependants(id);
    const summary = summaryOf(`${id} ${error === null ? 'completed' : `failed: ${error.message}`}`);
    const decided = this.ending
      ? undefined
      : await this.keep((scope) =>
          decide(summary, {
            ...scope,
            step: onFailure === undefined ? { id } : { id, onFailure },
            error,
            // For the reason's wording: a few are enough.
            dependants: dependants.slice(0, 10),
          }),
        );
    if (error === null) this.state.complete(id);
    else this.state.fail(id, summaryOf(error.message));
    if (decided?.decision !== 'stop' || this.ending) return;
    const why = error === null ? 'the supervisor stopped the run' : error.message;
    this.stopped = {
      code: 'step_failed',
      message: `the step "${id}" failed: ${why}`,
      retryable: false,
    };
    this.work.cancel();
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

  private draw(): void {
    const every = Math.ceil(this.plan.steps.length / DRAWINGS);
    if (this.changes % every === 0) setCurrentDetails(picture(this.input.run.goal, this.state));
    this.changes += 1;
  }
}

/** Within the workflow task where that takes no time; an outage is waited for outside of it. */
async function decide(summary: string, input: SuperviseInput): Promise<SuperviseResult> {
  try {
    return await superviseInline.executeWithOptions({ ...supervisionInline, summary }, [input]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return superviseStep.executeWithOptions(recordKeeping(summary), [input]);
  }
}

/** By the workflow's clock, which is Temporal's. */
function timerOf({
  attempt,
  wait,
}: {
  attempt: number;
  wait: { seconds: number } | { until: string };
}): StepTimer {
  const now = Date.now();
  const until = 'until' in wait ? wait.until : new Date(now + wait.seconds * 1000).toISOString();
  return { attempt, startedAt: new Date(now).toISOString(), until };
}
