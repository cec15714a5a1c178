/** One step's tool: journalled before it acts and after it has, so that no completed tool runs again. */
import { activityInfo, cancellationDetails, cancellationSignal } from '@temporalio/activity';
import type { RunToolInput } from '../contracts/activities.js';
import type { ToolStepResult } from '../contracts/step-ends.js';
import { outcomeUnknown, PerdureError, type ErrorInfo } from '../contracts/errors.js';
import type { RunEvent, StepOutput } from '../contracts/events.js';
import type { Artifact, Called, ToolCall } from '../contracts/tool-calls.js';
import { DEFAULT_MAX_ATTEMPTS, type Tool, type ToolResult } from '../src/tools/tool.js';
import type { ActivityDependencies } from './dependencies.js';
import { callTool } from './call-tool.js';
import { handOver } from './hand-over.js';
import { endBy, Journal, stepKeys } from './journal.js';
import { checkReach, reachOf } from './reach.js';
import { stepCall, type StepCall } from './step-call.js';
import { outputPath, storePatiently } from './step-output.js';
import { StepJournal } from './step-journal.js';
import { decisionOf } from './supervision.js';
import { isOutage, outages, pauseBefore, retryLater, stepFailure, toolError } from './to-failure.js';
import { createToolContext, idempotencyKeyOf } from './tool-context.js';
import { createToolFiles } from './tool-files.js';
import { isSilence, notActed, verifyTool } from './verify-tool.js';

/** Errors of attempts that do not count: they are no fault of the tool's. */
const uncounted: ReadonlySet<string> = new Set([
  ...outages,
  'worker_stopped',
  'worker_busy',
  'address_not_named',
]);

/** For a step that is one of several in a row, within a workflow task. */
export interface InRow {
  /** Its appends take along what earlier steps held back, and its end is held for the next. */
  journal: Journal;
  /** Outputs of the steps before it, which the log may not have yet; its own is added. */
  outputs: Map<string, StepOutput>;
  /** Milliseconds that the tool may take; then it is tried again as an activity of its own. */
  limitMs: number;
}

/** @throws ApplicationFailure with a JournalledFailure for a step that failed; any other error for a retry */
export async function runTool(
  deps: ActivityDependencies,
  input: RunToolInput,
  inRow?: InRow,
): Promise<ToolStepResult> {
  return new ToolRun(deps, input, inRow).run();
}

/** What the tool is called with, or why it cannot be. */
type Call = StepCall | { error: PerdureError };

class ToolRun {
  private readonly journal: Journal;
  private readonly step: StepJournal;
  private readonly tool: Tool | undefined;
  private readonly irreversible: boolean;
  /** Whether an attempt without an end must not simply be followed by another. */
  private readonly mayHaveActed: boolean;
  private readonly maxAttempts: number;
  /** Of the workers that make the tool's calls; null where this one does. */
  private readonly queue: string | null;
  /** Earlier attempts that do not count. */
  private excused = 0;

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly input: RunToolInput,
    private readonly inRow: InRow | undefined,
  ) {
    this.journal = inRow?.journal ?? new Journal(deps, input);
    this.step = new StepJournal(deps, input, this.journal, inRow !== undefined);
    this.tool = deps.tools.get(input.step.tool);
    this.irreversible = this.tool?.effect === 'irreversible';
    this.mayHaveActed = this.irreversible && this.tool?.keyed !== true;
    this.maxAttempts = this.tool?.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
    this.queue = this.tool === undefined ? null : deps.toolQueueOf(this.tool);
  }

  async run(): Promise<ToolStepResult> {
    const { called } = this.input;
    if (called !== undefined) return this.takeIn(called);
    // The API took it for a quick one: it is tried again as an activity of its own.
    if (this.inRow !== undefined && this.queue !== null)
      throw new PerdureError('tool_unavailable', 'its calls are made by other workers');
    // What earlier steps could not store, this one may refer to.
    if (this.inRow === undefined) await this.journal.append();
    // Before the start is journalled: an outage met here has begun nothing.
    const call = await this.prepare();
    const attempt = await this.begin(call);
    if (typeof attempt !== 'number') return attempt;
    if (this.queue !== null && !('error' in call)) return this.haveMade(this.queue, call, attempt);
    const startedAt = Date.now();
    const { files, artifacts } = createToolFiles(this.deps.workspace, this.input);
    const { runId, tenantId, step } = this.input;
    const { context, end } = createToolContext(this.deps.bus, {
      ...{ runId, tenantId, stepId: step.id, attempt, files },
      idempotencyKey: idempotencyKeyOf(this.input),
      reach: async (url) => {
        checkReach(await reachOf(this.deps, { ...this.input, chosenBy: 'plan' }), url);
      },
    });
    let result: ToolResult;
    try {
      if ('error' in call) throw call.error;
      result = await callTool(this.deps, call.tool, call.args, context, this.inRow?.limitMs);
    } catch (error) {
      if (cancellationSignal().aborted) return await this.interrupted(attempt, artifacts());
      return await this.judge(toolError(error), attempt, artifacts(), call);
    } finally {
      end();
    }
    if ('output' in result) return this.complete(attempt, startedAt, result.output, artifacts());
    const wait =
      'deferUntil' in result ? { until: result.deferUntil.toISOString() } : { seconds: result.deferSeconds };
    return { status: 'deferred', attempt, wait, unsent: [] };
  }

  private async haveMade(queue: string, call: StepCall, attempt: number): Promise<ToolStepResult> {
    try {
      return { status: 'call', call: await this.handOver(queue, 'call', call, attempt), unsent: [] };
    } catch (error) {
      // Nothing was called yet: the attempt is not one that was cut off.
      return this.tryAgain(attempt, toolError(error));
    }
  }

  private async handOver(
    queue: string,
    ask: ToolCall['ask'],
    { tool, given }: StepCall,
    attempt: number,
  ): Promise<ToolCall> {
    const { step } = this.input;
    return handOver(this.deps.workspace, this.input, {
      ...{ ask, queue, tool, attempt, name: step.id, idempotencyKey: idempotencyKeyOf(this.input) },
      given: { args: given, reach: await reachOf(this.deps, { ...this.input, chosenBy: 'plan' }) },
      keep: 'output',
    });
  }

  /** What became of the call that another worker has made. */
  private async takeIn(called: Called): Promise<ToolStepResult> {
    const { attempt, artifacts, durationMs } = called;
    switch (called.outcome) {
      case 'completed':
        return this.step.complete(attempt, { output: called.output, durationMs }, artifacts);
      case 'deferred':
        return { status: 'deferred', attempt, wait: called.wait, unsent: this.journal.held() };
      case 'stopped':
        return this.cancelled(attempt, artifacts);
      case 'not_stored':
        return this.notStored(attempt, PerdureError.from(called.error), artifacts);
      case 'failed': {
        const error = PerdureError.from(called.error, called.retryAfterSeconds);
        // By its own word: one that was lost says nothing.
        if (error.code === 'worker_stopped' && !this.irreversible) await this.step.noteRetry(attempt, error);
        this.excused = excusedIn(await this.eventsOf(attempt));
        return this.judge(error, attempt, artifacts, await this.prepare());
      }
      case 'text':
        throw new PerdureError('internal', 'a text is what calls of models put out');
    }
  }

  /** @throws what passes by itself; what does not is the step's own failure, once it has begun */
  private async prepare(): Promise<Call> {
    try {
      return await stepCall(this.deps, this.input, this.inRow?.outputs);
    } catch (error) {
      if (isOutage(error)) throw error;
      return { error: toolError(error) };
    }
  }

  /** Journals the start. @returns the attempt's number, or the result when the step has completed before */
  private async begin(call: Call): Promise<number | ToolStepResult> {
    const tries = activityInfo().attempt + (this.input.tries ?? 1) - 1;
    if (tries === 1 && (await this.step.start(1))) return 1;
    const { tool } = this.input.step;
    // No more attempts have begun than Temporal made, or the tool may have.
    const { hasNotActed = 0 } = this.input;
    const events = await this.eventsOf(Math.max(tries, this.maxAttempts) + hasNotActed);
    const ended = events.map(endBy).find((end) => end !== undefined);
    const decision = decisionOf(events) ?? null;
    if (ended === 'completed') return { status: 'completed', decision, unsent: [] };
    if (ended !== undefined) throw stepFailure(ended, decision, []);

    const starts = events.filter((e) => e.type === 'step.started').length;
    const failures = events.filter((e) => e.type === 'step.retrying');
    const last = failures.find((e) => e.attempt === starts)?.error as ErrorInfo | undefined;
    // A worker that is lost may be the tool's doing, and counts.
    this.excused = excusedIn(events);
    const isLast = starts - this.excused >= this.maxAttempts;
    const isCutOff = starts > 0 && last === undefined;
    const isSettled = starts > 0 && starts === hasNotActed;
    if (this.irreversible && isCutOff && !isSettled && (this.mayHaveActed || isLast)) {
      const found = await this.findOut(starts, call, `attempt ${starts} of ${tool} was cut off`);
      if (found !== 'not_acted') return found;
    }
    if (isLast && !isSettled) {
      const message = `the worker was lost in attempt ${starts}`;
      return this.step.fail(starts, last ?? { code: 'tool_unavailable', message, retryable: true });
    }
    if (await this.step.start(starts + 1)) return starts + 1;
    // Another try of this activity, which Temporal has given up, has just begun it: that one is to be read first.
    throw retryLater(new PerdureError('tool_unavailable', `attempt ${starts + 1} has begun elsewhere`), 1);
  }

  private eventsOf(attempts: number): Promise<RunEvent[]> {
    const { id } = this.input.step;
    const each = Array.from({ length: attempts }, (_, i) => i + 1);
    return this.deps.log.find(this.input.runId, [
      stepKeys.end(id),
      stepKeys.supervised(id),
      ...each.flatMap((n) => [stepKeys.started(id, n), stepKeys.retrying(id, n)]),
    ]);
  }

  private async complete(
    attempt: number,
    startedAt: number,
    value: Extract<ToolResult, { output: unknown }>['output'],
    artifacts: Artifact[],
  ): Promise<ToolStepResult> {
    const { id } = this.input.step;
    const at = outputPath(id, attempt);
    const output = await storePatiently(this.deps.workspace, this.input, at, value, this.inRow === undefined);
    if (output instanceof PerdureError) return this.notStored(attempt, output, artifacts);
    const result = await this.step.complete(
      attempt,
      { output, durationMs: Date.now() - startedAt },
      artifacts,
    );
    this.inRow?.outputs.set(id, output);
    return result;
  }

  private async notStored(
    attempt: number,
    error: PerdureError,
    artifacts: Artifact[],
  ): Promise<ToolStepResult> {
    if (!isOutage(error)) return this.step.fail(attempt, error.toInfo(), artifacts);
    // What may be done again is; of the rest it is known only that it was done.
    if (!this.irreversible) return this.tryAgain(attempt, error);
    const message = `it was done, but its output could not be stored: ${error.message}`;
    return this.step.fail(attempt, { code: error.code, message, retryable: false }, artifacts);
  }

  /**
   * What became of an attempt that may have acted: the step's end where the tool can tell that it has, and where it
   * cannot tell the wish to ask a person.
   */
  private async findOut(attempt: number, call: Call, why: string): Promise<ToolStepResult | 'not_acted'> {
    const uncertain = { status: 'uncertain', attempt, why, unsent: this.journal.held() } as const;
    if ('error' in call || call.tool.verify === undefined) return uncertain;
    if (this.queue !== null) {
      const { found } = this.input;
      if (found === undefined)
        return { status: 'call', call: await this.handOver(this.queue, 'verify', call, attempt), unsent: [] };
      if (found.outcome === 'acted') return this.step.complete(attempt, { ...found, durationMs: 0 }, []);
      return found.outcome === 'not_acted' ? 'not_acted' : uncertain;
    }
    const { tenantId } = this.input;
    const of = { tenantId, attempt, idempotencyKey: idempotencyKeyOf(this.input) };
    const found = await verifyTool(call.tool, call.args, of);
    if (found?.outcome === 'not_acted') return 'not_acted';
    if (found?.outcome === 'acted') return this.complete(attempt, Date.now(), found.output, []);
    return uncertain;
  }

  /** What becomes of the step after an error: tried again (by a throw), or ended. */
  private async judge(
    error: PerdureError,
    attempt: number,
    artifacts: Artifact[],
    call: Call,
  ): Promise<ToolStepResult> {
    // Stopped and woken, it may have been given to another: the log has what is known, and nothing is added.
    if (error.code === 'worker_stopped') return this.later(error, 0);
    if (error.code === 'address_not_named' && this.input.approved === undefined) {
      await this.step.noteRetry(attempt, error);
      return { status: 'out of reach', why: error.message, unsent: this.journal.held() };
    }
    const isLast = attempt - this.excused >= this.maxAttempts;
    if (this.irreversible && isSilence(error) && (this.mayHaveActed || isLast)) {
      const found = await this.findOut(attempt, call, error.message);
      return found === 'not_acted' ? this.tryAgain(attempt, notActed(error)) : found;
    }
    if (uncounted.has(error.code)) return this.tryAgain(attempt, error);
    if (!error.retryable || isLast) return this.step.fail(attempt, error.toInfo(), artifacts);
    return this.tryAgain(attempt, error);
  }

  private async interrupted(attempt: number, artifacts: Artifact[]): Promise<never> {
    // A row is never cancelled with its run; the SDK says so, too, where the workflow task that it is part of was lost.
    if (this.inRow === undefined && cancellationDetails()?.cancelRequested === true)
      return this.cancelled(attempt, artifacts);
    // The worker shuts down, or another attempt has taken over: this one has nothing more to say.
    const error = new PerdureError('worker_stopped', 'the worker was stopped while the tool was running');
    if (cancellationDetails()?.workerShutdown === true && !this.irreversible)
      await this.step.noteRetry(attempt, error);
    throw retryLater(error, 0);
  }

  private cancelled(attempt: number, artifacts: Artifact[]): Promise<never> {
    const error: ErrorInfo = this.irreversible
      ? outcomeUnknown('the run was cancelled while the tool ran')
      : { code: 'cancelled', message: 'the run was cancelled', retryable: false };
    return this.step.cancel(attempt, error, artifacts);
  }

  private async tryAgain(attempt: number, error: PerdureError): Promise<ToolStepResult> {
    await this.step.noteRetry(attempt, error);
    return this.later(error, attempt);
  }

  /** Another try of this activity; or of the call, where another worker has made it. */
  private later(error: PerdureError, attempt: number): ToolStepResult {
    if (this.input.called === undefined) throw retryLater(error, attempt);
    return { status: 'again', seconds: pauseBefore(error, attempt), unsent: this.journal.held() };
  }
}

const excusedIn = (events: readonly RunEvent[]): number =>
  events.filter((e) => e.type === 'step.retrying' && uncounted.has(e.error.code)).length;
