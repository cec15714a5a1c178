/** One call that the model of a step has asked for: made once, its outcome kept for the model's next turn. */
import { activityInfo, cancellationDetails, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { AgentCallInput, AgentCallResult } from '../contracts/agent-steps.js';
import type { StepOutOfReach, StepUncertain } from '../contracts/step-ends.js';
import { outcomeUnknown, PerdureError } from '../contracts/errors.js';
import type { JsonValue } from '../contracts/plan.js';
import type { Called, CallWanted, ToolCall } from '../contracts/tool-calls.js';
import type { CallOutcome } from '../src/ports/step-agent.js';
import { AgentFiles, callOf } from './agent-files.js';
import { CallAttempts, type Found } from './call-attempts.js';
import { callTool } from './call-tool.js';
import type { ActivityDependencies } from './dependencies.js';
import { handOver } from './hand-over.js';
import { Journal, now } from './journal.js';
import { checkReach, reachOf } from './reach.js';
import { approvedArgs, type StepCall } from './step-call.js';
import { artifactEvents, StepJournal } from './step-journal.js';
import { abortedWhile, isOutage, pauseBefore, retryLater, toolError } from './to-failure.js';
import { createToolContext, idempotencyKeyOf } from './tool-context.js';
import { createToolFiles } from './tool-files.js';
import { isSilence, notActed } from './verify-tool.js';

/** Characters of an output that the model may read; the model's own part cuts once more, and says so. */
const KEPT_CHARACTERS = 25_000;
/** Bytes of arguments that an event shows. */
const SHOWN_BYTES = 2_000;
/** Workers that a call may cost: one that loses each of them is its own doing. */
const MAX_TRIES = 5;

export async function makeAgentCall(
  deps: ActivityDependencies,
  input: AgentCallInput,
): Promise<AgentCallResult> {
  return new CallRun(deps, input).make();
}

/** What came of it, or what is to be done or asked first. */
type Outcome = CallOutcome | CallWanted | StepUncertain | StepOutOfReach;

class CallRun {
  private readonly journal: Journal;
  private readonly files: AgentFiles;
  private readonly attempts: CallAttempts;
  /** Of an irreversible call, the attempt that is under way. */
  private under: number | undefined;

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly input: AgentCallInput,
  ) {
    this.journal = new Journal(deps, input);
    this.files = new AgentFiles(deps.workspace, input, input.step.id);
    this.attempts = new CallAttempts(deps, {
      ...{ input, journal: this.journal, files: this.files, idempotencyKey: this.idempotencyKey },
      handOver: (queue, call, attempt) => this.handOver('verify', queue, call, attempt),
    });
  }

  async make(): Promise<AgentCallResult> {
    const { turn, index, called } = this.input;
    await this.journal.append();
    const tries = activityInfo().attempt + (this.input.tries ?? 1) - 1;
    // An attempt before this one has done it, and may not have come to say so.
    const before = await this.files.outcome(turn, index);
    if (before !== null) return this.tell(before, 0);
    const began = Date.now();
    const outcome = called === undefined ? await this.outcome(tries) : await this.outcomeOf(called, tries);
    if ('status' in outcome) return { ...outcome, unsent: this.journal.held() };
    const durationMs = called?.durationMs ?? Date.now() - began;
    return this.tell(await this.files.keepOutcome(turn, index, outcome), durationMs);
  }

  private async outcome(tries: number): Promise<Outcome> {
    const { denied, acted } = this.input;
    if (denied !== undefined) return { error: denied };
    if (acted !== undefined) return this.found({ acted });
    let call: StepCall | undefined;
    try {
      call = await this.prepare();
      const { tool } = call;
      if (tool.effect === 'irreversible') {
        const begun = await this.attempts.begin(call, tries === 1);
        if (typeof begun !== 'number') return this.found(begun);
        this.under = begun;
      } else if (tries > MAX_TRIES)
        throw new PerdureError('tool_unavailable', `its worker was lost ${tries - 1} times`);
      const queue = this.deps.toolQueueOf(tool);
      if (queue !== null)
        return { status: 'call', call: await this.handOver('call', queue, call, this.under ?? tries) };
      return { output: await this.call(call), ...this.edited };
    } catch (thrown) {
      if (cancellationSignal().aborted) return this.interrupted();
      // It says itself that it is to be tried again.
      if (thrown instanceof ApplicationFailure) throw thrown;
      return this.judge(toolError(thrown), call, tries);
    }
  }

  /** The same of a call that another worker has made. */
  private async outcomeOf(called: Called, tries: number): Promise<Outcome> {
    this.journal.hold(...artifactEvents(this.input.step.id, 1, called.artifacts));
    switch (called.outcome) {
      case 'text':
        return { output: called.text, ...this.edited };
      case 'stopped':
        return this.cancelled(await this.isIrreversible());
      case 'failed': {
        const call = await this.prepare();
        if (call.tool.effect === 'irreversible') this.under = called.attempt;
        return this.judge(PerdureError.from(called.error, called.retryAfterSeconds), call, tries);
      }
      case 'deferred':
        return { error: notInLoop(await this.toolName()).toInfo(), ...this.edited };
      case 'completed':
      case 'not_stored':
        throw new PerdureError('internal', 'what a model is told is kept as a text');
    }
  }

  /**
   * What a failure means. It is an outcome too: the model may do better; but what passes by itself is no word for a model,
   * and what nobody knows is found out first.
   */
  private async judge(error: PerdureError, call: StepCall | undefined, tries: number): Promise<Outcome> {
    // To be asked about, as by the arguments of http_fetch; whoever has decided has said it of all that the call does.
    if (error.code === 'address_not_named' && this.input.approved === undefined)
      return { status: 'out of reach', why: error.message };
    const attempt = this.under;
    if (call !== undefined && attempt !== undefined) {
      if (isSilence(error)) return this.afterSilence(error, call, attempt);
      // Stopped and woken, it may have been given to another: then the log has what is known, and nothing is added.
      if (isOutage(error) || error.code === 'worker_busy') await this.attempts.noteNotActed(attempt);
    }
    if (isOutage(error) && this.input.called === undefined) throw error;
    if (isOutage(error) || isOfWorker(error)) return this.again(error, tries);
    return { error: error.toInfo(), ...this.edited };
  }

  private async afterSilence(error: PerdureError, call: StepCall, attempt: number): Promise<Outcome> {
    if (this.attempts.mayRepeat(call.tool, attempt)) return this.again(error, attempt);
    const found = await this.attempts.findOut(call, attempt, error.message);
    return found === 'not_acted' ? { error: notActed(error).toInfo(), ...this.edited } : this.found(found);
  }

  /** Another try of this activity; or of the call, where another worker has made it. */
  private again(error: PerdureError, attempt: number): CallWanted {
    if (this.input.called === undefined) throw retryLater(error, attempt);
    return { status: 'again', seconds: pauseBefore(error, attempt) };
  }

  private found(found: Exclude<Found, 'not_acted'>): Outcome {
    return 'acted' in found ? { output: told(found.acted.output), ...this.edited } : found;
  }

  /** What a person has put in the place of what the model had asked for. */
  private get edited(): Pick<CallOutcome, 'args'> {
    const args = this.input.approved?.args;
    return args === undefined ? {} : { args };
  }

  private async toolName(): Promise<string> {
    return (await this.files.answer(this.input.turn))?.turn.calls[this.input.index]?.tool ?? '';
  }

  private async isIrreversible(): Promise<boolean> {
    return this.deps.tools.get(await this.toolName())?.effect === 'irreversible';
  }

  private async prepare(): Promise<StepCall> {
    const { approved } = this.input;
    const [asked, task] = await Promise.all([callOf(this.files, this.input), this.files.task()]);
    const { tools } = this.deps.stepAgent.open(task);
    const tool = tools.includes(asked.tool) ? this.deps.tools.get(asked.tool) : undefined;
    if (tool === undefined)
      throw new PerdureError(
        'tool_invalid_args',
        `there is no tool ${JSON.stringify(asked.tool)}, only: ${tools.join(', ')}`,
      );
    // In code, whatever the workflow was told: what cannot be undone has been approved, and is what was approved.
    if (tool.effect === 'irreversible' && approved === undefined)
      throw new PerdureError('approval_denied', `nobody has approved ${tool.name}`);
    const given = approvedArgs(approved, asked.args);
    return { tool, args: this.deps.tools.parseArgs(tool, given), given };
  }

  private async call({ tool, args }: StepCall): Promise<string> {
    const { step, runId, tenantId } = this.input;
    const { files, artifacts } = createToolFiles(this.deps.workspace, this.input);
    const { context, end } = createToolContext(this.deps.bus, {
      ...{ runId, tenantId, stepId: step.id, attempt: this.under ?? activityInfo().attempt, files },
      idempotencyKey: this.idempotencyKey,
      reach: async (url) => {
        checkReach(await reachOf(this.deps, { ...this.input, chosenBy: 'model' }), url);
      },
    });
    try {
      const result = await callTool(this.deps, tool, args, context);
      if (!('output' in result)) throw notInLoop(tool.name);
      return told(result.output);
    } finally {
      end();
      this.journal.hold(...artifactEvents(step.id, 1, artifacts()));
    }
  }

  private async handOver(
    ask: ToolCall['ask'],
    queue: string,
    { tool, given }: StepCall,
    attempt: number,
  ): Promise<ToolCall> {
    const { step, turn, index } = this.input;
    return handOver(this.deps.workspace, this.input, {
      ...{ ask, queue, tool, attempt, name: `${step.id}-${turn}-${index}` },
      idempotencyKey: this.idempotencyKey,
      given: { args: given, reach: await reachOf(this.deps, { ...this.input, chosenBy: 'model' }) },
      keep: { characters: KEPT_CHARACTERS },
    });
  }

  private get idempotencyKey(): string {
    const { turn, index } = this.input;
    return `${idempotencyKeyOf(this.input)}/${turn}-${index}`;
  }

  private async interrupted(): Promise<never> {
    if (cancellationDetails()?.cancelRequested === true) return this.cancelled(this.under !== undefined);
    throw abortedWhile('the tool was running');
  }

  private async cancelled(mayHaveActed: boolean): Promise<never> {
    if (!mayHaveActed) throw new CancelledFailure('the run was cancelled');
    return new StepJournal(this.deps, this.input, this.journal).cancel(
      1,
      outcomeUnknown('the run was cancelled while the tool ran'),
    );
  }

  private async tell(outcome: CallOutcome, durationMs: number): Promise<AgentCallResult> {
    const { step, turn, index } = this.input;
    const call = (await this.files.answer(turn))?.turn.calls[index];
    const args = outcome.args ?? call?.args ?? null;
    const isShown = Buffer.byteLength(JSON.stringify(args)) <= SHOWN_BYTES;
    const { unsent } = await this.journal.appendOrKeep({
      type: 'agent.called',
      key: this.key('called'),
      at: now(),
      stepId: step.id,
      attempt: 1,
      data: {
        turn,
        tool: (call?.tool ?? '').slice(0, 100),
        ...(isShown ? { args } : {}),
        ...('error' in outcome ? { error: { ...outcome.error, retryable: false } } : {}),
        durationMs,
      },
    });
    return { status: 'told', unsent };
  }

  private key(what: string): string {
    const { step, turn, index } = this.input;
    return `step/${step.id}/call/${turn}-${index}/${what}`;
  }
}

/** No word for a model. */
const isOfWorker = ({ code }: PerdureError): boolean => code === 'worker_stopped' || code === 'worker_busy';

const notInLoop = (tool: string): PerdureError =>
  new PerdureError('tool_failed', `${tool} can be a step of a plan only`);

/** As the model reads it. */
const told = (output: JsonValue): string => JSON.stringify(output).slice(0, KEPT_CHARACTERS);
