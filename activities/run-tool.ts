/** One step's tool: journalled before it acts and after it has, so that no completed tool runs again. */
import { CancelledFailure } from '@temporalio/common';
import { activityInfo, cancellationDetails, cancellationSignal } from '@temporalio/activity';
import type { RunToolInput, ToolStepResult } from '../contracts/activities.js';
import { PerdureError, type ErrorInfo } from '../contracts/errors.js';
import type { NewEvent } from '../contracts/events.js';
import { DEFAULT_MAX_ATTEMPTS, type Tool, type ToolResult } from '../src/tools/tool.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal, now, stepKeys } from './journal.js';
import { resolveArgs } from './resolve-args.js';
import { outputPath, storeOutput } from './step-output.js';
import { retryLater, stepFailure } from './to-failure.js';
import { createToolFiles, type Artifact } from './tool-files.js';

export async function runTool(deps: ActivityDependencies, input: RunToolInput): Promise<ToolStepResult> {
  return new ToolRun(deps, input).run();
}

class ToolRun {
  private readonly journal: Journal;
  private readonly tool: Tool | undefined;
  private readonly maxAttempts: number;

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly input: RunToolInput,
  ) {
    this.journal = new Journal(deps, input);
    this.tool = deps.tools.get(input.step.tool);
    this.maxAttempts = this.tool?.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
  }

  async run(): Promise<ToolStepResult> {
    const begun = await this.begin();
    if (typeof begun !== 'number') return begun;
    const attempt = begun;
    const startedAt = new Date();
    const { files, artifacts } = createToolFiles(this.deps.workspace, this.input);
    try {
      const result = await this.execute(attempt, files);
      if ('deferUntil' in result)
        return {
          status: 'deferred',
          timer: { attempt, startedAt: startedAt.toISOString(), until: result.deferUntil.toISOString() },
          unsent: [],
        };
      return await this.complete(attempt, startedAt, result.output, artifacts());
    } catch (error) {
      return await this.judge(error, attempt, artifacts());
    }
  }

  /** Journals the start. @returns the attempt's number, or the result when the step has completed before */
  private async begin(): Promise<number | ToolStepResult> {
    const { attempt: tries } = activityInfo();
    if (tries === 1 && (await this.start(1))) return 1;
    await this.journal.append();
    const { id, tool } = this.input.step;
    // No more attempts have begun than Temporal made, or the tool may have.
    const attempts = Array.from({ length: Math.max(tries, this.maxAttempts) }, (_, i) => i + 1);
    const events = await this.deps.log.find(this.input.runId, [
      stepKeys.end(id),
      ...attempts.flatMap((n) => [stepKeys.started(id, n), stepKeys.retrying(id, n)]),
    ]);
    for (const event of events) {
      if (event.type === 'step.completed') return { status: 'completed', unsent: [] };
      if (event.type === 'step.failed') throw stepFailure(event.error as ErrorInfo, []);
    }

    const starts = events.filter((e) => e.type === 'step.started').length;
    const failures = events.filter((e) => e.type === 'step.retrying');
    const last = failures.find((e) => e.attempt === starts)?.error as ErrorInfo | undefined;
    if (starts > 0 && last === undefined && this.tool?.effect === 'irreversible')
      return this.fail(starts, {
        code: 'outcome_unknown',
        message: `attempt ${starts} of ${tool} was cut off; whether it acted is not known`,
        retryable: false,
      });
    // A worker that is stopped in good order is no fault of the tool's. One that is lost may be.
    const stopped = failures.filter((e) => e.error.code === 'worker_stopped').length;
    if (starts - stopped >= this.maxAttempts) {
      const message = `the worker was lost in attempt ${starts}`;
      return this.fail(starts, last ?? { code: 'tool_unavailable', message, retryable: true });
    }
    await this.start(starts + 1);
    return starts + 1;
  }

  private async start(attempt: number): Promise<boolean> {
    const { id, tool, title } = this.input.step;
    const key = stepKeys.started(id, attempt);
    const rows = await this.journal.append({
      type: 'step.started',
      key,
      at: now(),
      stepId: id,
      attempt,
      data: title === undefined ? { tool } : { tool, title },
    });
    const row = rows.find((r) => r.key === key);
    // The log takes nothing after the run's end: this activity is left over from a run that is closed.
    if (row === undefined) throw new PerdureError('run_closed', 'the run has ended');
    return row.inserted;
  }

  private async execute(
    attempt: number,
    files: ReturnType<typeof createToolFiles>['files'],
  ): Promise<ToolResult> {
    const { tool } = this;
    const { runId, step } = this.input;
    if (tool === undefined)
      throw new PerdureError('tool_unavailable', `this worker has no tool "${step.tool}"`);
    const args = this.deps.tools.parseArgs(tool, await resolveArgs(this.deps, this.input, step));
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort(new PerdureError('tool_timeout', `${tool.name} took longer than ${tool.timeoutSeconds} s`));
    }, tool.timeoutSeconds * 1000);
    const signal = AbortSignal.any([cancellationSignal(), limit.signal]);
    try {
      // Raced, so that a tool that does not heed its signal cannot hold the step.
      return await Promise.race([
        tool.execute(args, {
          files,
          signal,
          idempotencyKey: `${runId}/${step.id}`,
          progress: (message) => {
            this.deps.bus.publish(runId, {
              type: 'step.progress',
              runId,
              at: now(),
              stepId: step.id,
              attempt,
              message,
            });
          },
        }),
        rejectOnAbort(signal),
      ]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async complete(
    attempt: number,
    startedAt: Date,
    value: Extract<ToolResult, { output: unknown }>['output'],
    artifacts: Artifact[],
  ): Promise<ToolStepResult> {
    const { id } = this.input.step;
    const output = await patiently(() =>
      storeOutput(this.deps.workspace, this.input, outputPath(id, attempt), value),
    );
    if (output instanceof PerdureError)
      // The tool has acted: it is not run again for want of a place for its output.
      return this.fail(attempt, { ...output.toInfo(), retryable: false }, artifacts);
    const unsent = await this.journal.appendOrKeep(...artifactEvents(id, attempt, artifacts), {
      type: 'step.completed',
      key: stepKeys.end(id),
      at: now(),
      stepId: id,
      attempt,
      data: { output, durationMs: Date.now() - startedAt.getTime() },
    });
    return { status: 'completed', unsent };
  }

  /** What becomes of the step after an error: tried again (by a throw), or ended. */
  private async judge(thrown: unknown, attempt: number, artifacts: Artifact[]): Promise<never> {
    const irreversible = this.tool?.effect === 'irreversible';
    if (cancellationSignal().aborted) {
      if (cancellationDetails()?.cancelRequested === true) {
        await this.recordFailure(
          attempt,
          irreversible
            ? {
                code: 'outcome_unknown',
                message: 'the run was cancelled while the tool ran; whether it acted is not known',
                retryable: false,
              }
            : { code: 'cancelled', message: 'the run was cancelled', retryable: false },
          artifacts,
        );
        throw new CancelledFailure('the tool was stopped');
      }
      // The worker shuts down, or another attempt has taken over: this one has nothing more to say.
      const error = new PerdureError('worker_stopped', 'the worker was stopped while the tool was running');
      if (cancellationDetails()?.workerShutdown === true && !irreversible)
        await this.noteRetry(attempt, error);
      throw retryLater(error, 0);
    }
    const error = toolError(thrown);
    if (irreversible && error.code === 'tool_timeout')
      return this.fail(attempt, {
        code: 'outcome_unknown',
        message: `${error.message}; whether it acted is not known`,
        retryable: false,
      });
    if (!error.retryable || attempt >= this.maxAttempts) return this.fail(attempt, error.toInfo(), artifacts);
    await this.noteRetry(attempt, error);
    throw retryLater(error, attempt);
  }

  private async noteRetry(attempt: number, error: PerdureError): Promise<void> {
    const { id } = this.input.step;
    await this.journal.tryAppend({
      type: 'step.retrying',
      key: stepKeys.retrying(id, attempt),
      at: now(),
      stepId: id,
      attempt,
      data: { error: error.toInfo(), nextAttempt: attempt + 1 },
    });
  }

  /** Ends the step. */
  private async fail(attempt: number, error: ErrorInfo, artifacts: Artifact[] = []): Promise<never> {
    throw stepFailure(error, await this.recordFailure(attempt, error, artifacts));
  }

  /** @returns the events that could not be stored */
  private async recordFailure(attempt: number, error: ErrorInfo, artifacts: Artifact[]): Promise<NewEvent[]> {
    const { id } = this.input.step;
    return this.journal.appendOrKeep(...artifactEvents(id, attempt, artifacts), {
      type: 'step.failed',
      key: stepKeys.end(id),
      at: now(),
      stepId: id,
      attempt,
      data: { error },
    });
  }
}

const artifactEvents = (stepId: string, attempt: number, artifacts: readonly Artifact[]): NewEvent[] =>
  artifacts.map((artifact) => ({
    type: 'artifact.created',
    key: stepKeys.artifact(stepId, artifact.path),
    at: now(),
    stepId,
    attempt,
    data: artifact,
  }));

/** A tool's unforeseen error is a defect: the same call would meet it again. */
const toolError = (error: unknown): PerdureError =>
  error instanceof PerdureError
    ? error
    : new PerdureError('tool_failed', error instanceof Error ? error.message : String(error), {
        cause: error,
      });

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** @returns the last error instead of throwing it, when the store stays away for about ten seconds */
async function patiently<Value>(act: () => Promise<Value>): Promise<Value | PerdureError> {
  for (let pause = 250; ; pause *= 2)
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof PerdureError)) throw error;
      if (!error.retryable || pause > 5_000) return error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
}
