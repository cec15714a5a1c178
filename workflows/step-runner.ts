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
import type { Activities, RunScope } from '../contracts/activities.js';
import type { ErrorInfo } from '../contracts/errors.js';
import type { AgentRunInput, StepTimer } from '../contracts/messages.js';
import type { Plan, PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { recordKeeping, supervision, toolCall } from './activity-options.js';
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

const { runTool, completeDeferred, failStep } = proxyActivities<Activities>(recordKeeping('records'));
const { superviseStep } = proxyLocalActivities<Activities>(supervision);

export class StepRunner {
  /** Cancelled when the run is cancelled or stopped by a failed step. */
  private readonly work: CancellationScope;
  /** Within `work`; cancelled alone when timers must be handed to the next execution. */
  private readonly timers: CancellationScope;
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
    const shielded = new CancellationScope({ cancellable: false });
    this.work = new CancellationScope({ cancellable: true, parent: shielded });
    this.timers = new CancellationScope({ cancellable: true, parent: this.work });
    const run = CancellationScope.current();
    const cancel = (): void => {
      this.cancelled = true;
      this.work.cancel();
    };
    if (run.consideredCancelled) cancel();
    else void run.cancelRequested.catch(cancel);
  }

  /** Resolves when nothing is under way any more. */
  async run(): Promise<StepsOutcome> {
    return CancellationScope.nonCancellable(async () => {
      for (const { step, timer } of this.state.waiting())
        this.follow(step, () => this.waitAndComplete(step, timer));
      for (;;) {
        this.startReady();
        if (this.busy === 0) {
          if (this.stopped !== undefined || this.cancelled) this.state.stop();
          setCurrentDetails(picture(this.state));
          return this.outcome();
        }
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

  private startReady(): void {
    if (this.cancelled || this.stopped !== undefined) return;
    if (!this.draining && workflowInfo().continueAsNewSuggested && this.state.count('pending') > 0) {
      this.draining = true;
      this.timers.cancel();
    }
    if (this.draining) return;
    const limit = this.plan.maxParallel ?? DEFAULT_PARALLEL;
    while (this.state.count('running') < limit) {
      const step = this.state.start();
      if (step === undefined) return;
      this.follow(step, () => this.execute(step));
    }
  }

  private follow(step: PlanStep, carryOut: () => Promise<void>): void {
    this.busy += 1;
    carryOut()
      .catch(async (error: unknown) => {
        if (isCancellation(error)) return;
        const info = errorOf(error);
        if (info === undefined || info === 'cancelled') throw error;
        await this.keep((scope) => failStep({ ...scope, stepId: step.id, error: info }));
        await this.supervise(step, info);
      })
      .catch((error: unknown) => {
        this.defect = { error };
      })
      .finally(() => {
        this.busy -= 1;
        this.settled += 1;
      });
  }

  private async execute(step: PlanStep): Promise<void> {
    const seconds = this.input.tools[step.tool]?.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    const scope = this.scope();
    try {
      const result = await this.work.run(() =>
        runTool.executeWithOptions(toolCall(seconds, summaryOf(label(step))), [{ ...scope, step }]),
      );
      this.unsent.settle(scope.unsent, result.unsent);
      if (result.status === 'deferred') {
        this.state.wait(step.id, result.timer);
        // A waiting step takes no place among the running ones: others may start.
        this.settled += 1;
        await this.waitAndComplete(step, result.timer);
      } else await this.supervise(step, null);
    } catch (thrown) {
      const failure = journalledFailureOf(thrown);
      if (failure === undefined) throw thrown;
      this.unsent.settle(scope.unsent, failure.unsent);
      await this.supervise(step, failure.error);
    }
  }

  private async waitAndComplete(step: PlanStep, timer: StepTimer): Promise<void> {
    const left = Math.max(0, Date.parse(timer.until) - Date.now());
    if (left > 0)
      await this.timers.run(() => sleep(left, { summary: summaryOf(`${label(step)} until ${timer.until}`) }));
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
    const { decision } = await this.keep((scope) =>
      superviseStep.executeWithOptions({ ...supervision, summary }, [
        {
          ...scope,
          step: onFailure === undefined ? { id } : { id, onFailure },
          error,
          // For the reason's wording: a few are enough.
          dependants: dependants.slice(0, 10),
        },
      ]),
    );
    if (error === null) this.state.complete(id);
    else this.state.fail(id, summaryOf(error.message));
    if (decision === 'stop') {
      this.stopped ??= {
        code: 'step_failed',
        message: `the step "${id}" failed: ${error === null ? 'the supervisor stopped the run' : error.message}`,
        retryable: false,
      };
      this.work.cancel();
    }
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
    if (this.changes % every === 0) setCurrentDetails(picture(this.state));
    this.changes += 1;
  }
}
