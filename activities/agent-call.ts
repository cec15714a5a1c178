/** One call that the model of a step has asked for: made once, its outcome kept for the model's next turn. */
import { activityInfo, cancellationDetails, cancellationSignal } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { Activities, AgentCallInput } from '../contracts/activities.js';
import { outcomeUnknown, PerdureError } from '../contracts/errors.js';
import type { JsonValue } from '../contracts/plan.js';
import type { Called, CallWanted, ToolCall } from '../contracts/tool-calls.js';
import type { CallOutcome } from '../src/ports/step-agent.js';
import { AgentFiles, callOf } from './agent-files.js';
import { callTool } from './call-tool.js';
import type { ActivityDependencies } from './dependencies.js';
import { handOver } from './hand-over.js';
import { Journal, now } from './journal.js';
import { checkReach, reachOf } from './reach.js';
import { approvedArgs, type StepCall } from './step-call.js';
import { artifactEvents, StepJournal } from './step-journal.js';
import { isOutage, pauseBefore, retryLater, toolError } from './to-failure.js';
import { createToolContext, idempotencyKeyOf } from './tool-context.js';
import { createToolFiles } from './tool-files.js';

/** Characters of an output that the model may read; the model's own part cuts once more, and says so. */
const KEPT_CHARACTERS = 25_000;
/** Bytes of arguments that an event shows. */
const SHOWN_BYTES = 2_000;
/** Workers that a call may cost: one that loses each of them is its own doing. */
const MAX_TRIES = 5;

export async function makeAgentCall(
  deps: ActivityDependencies,
  input: AgentCallInput,
): ReturnType<Activities['makeAgentCall']> {
  return new CallRun(deps, input).make();
}

type Made = Awaited<ReturnType<Activities['makeAgentCall']>>;

class CallRun {
  private readonly journal: Journal;
  private readonly files: AgentFiles;

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly input: AgentCallInput,
  ) {
    this.journal = new Journal(deps, input);
    this.files = new AgentFiles(deps.workspace, input, input.step.id);
  }

  async make(): Promise<Made> {
    const { turn, index, called } = this.input;
    await this.journal.append();
    const tries = activityInfo().attempt + (this.input.tries ?? 1) - 1;
    // An attempt before this one has done it, and may not have come to say so.
    const before = tries > 1 ? await this.files.outcome(turn, index) : null;
    if (before !== null) return this.tell(before, 0);
    const began = Date.now();
    const outcome = called === undefined ? await this.outcome(tries) : await this.outcomeOf(called, tries);
    if ('status' in outcome) return { ...outcome, unsent: this.journal.held() };
    const durationMs = called?.durationMs ?? Date.now() - began;
    return this.tell(await this.files.keepOutcome(turn, index, outcome), durationMs);
  }

  /** A failure is an outcome too: the model may do better. What passes by itself ends the attempt. */
  private async outcome(tries: number): Promise<CallOutcome | CallWanted> {
    const { denied } = this.input;
    if (denied !== undefined) return { error: denied };
    try {
      if (tries > MAX_TRIES)
        throw new PerdureError('tool_unavailable', `its worker was lost ${tries - 1} times`);
      const call = await this.prepare();
      const { tool } = call;
      const queue = this.deps.toolQueueOf(tool);
      const handedOver = queue === null ? null : await this.handOver(queue, call, tries);
      const irreversible = tool.effect === 'irreversible';
      if (irreversible && !(await this.begin(tool.name))) throw new CutOff();
      if (handedOver !== null) return { status: 'call', call: handedOver };
      return { output: await this.call(call), ...this.edited };
    } catch (thrown) {
      if (thrown instanceof CutOff) return this.failStep('it was cut off');
      if (cancellationSignal().aborted) return this.interrupted();
      const error = toolError(thrown);
      if (isOutage(error)) throw error;
      // No word for a model: the call is made again, or, where it cannot be undone, found cut off.
      if (isOfWorker(error)) throw retryLater(error, tries);
      return this.failed(error);
    }
  }

  /** The same of a call that another worker has made. */
  private async outcomeOf(called: Called, tries: number): Promise<CallOutcome | CallWanted> {
    this.journal.hold(...artifactEvents(this.input.step.id, 1, called.artifacts));
    switch (called.outcome) {
      case 'text':
        return { output: called.text, ...this.edited };
      case 'stopped':
        return this.cancelled();
      case 'failed': {
        const error = PerdureError.from(called.error, called.retryAfterSeconds);
        if (!isOutage(error) && !isOfWorker(error)) return this.failed(error);
        return { status: 'again', seconds: pauseBefore(error, tries) };
      }
      case 'deferred':
        return this.failed(notInLoop(await this.toolName()));
      case 'completed':
      case 'not_stored':
        throw new PerdureError('internal', 'what a model is told is kept as a text');
    }
  }

  private async failed(error: PerdureError): Promise<CallOutcome> {
    if ((await this.isIrreversible()) && error.code === 'tool_timeout') return this.failStep(error.message);
    return { error: error.toInfo(), ...this.edited };
  }

  /** The arguments, where a person has changed them. */
  private get edited(): Pick<CallOutcome, 'args'> {
    const { approved } = this.input;
    return approved?.args === undefined ? {} : { args: approved.args };
  }

  private async asked(): Promise<{ tool: string; args: Record<string, JsonValue> }> {
    return callOf(this.files, this.input);
  }

  private async toolName(): Promise<string> {
    return (await this.files.answer(this.input.turn))?.turn.calls[this.input.index]?.tool ?? '';
  }

  private async isIrreversible(): Promise<boolean> {
    return this.deps.tools.get(await this.toolName())?.effect === 'irreversible';
  }

  private async prepare(): Promise<StepCall> {
    const { approved } = this.input;
    const [asked, task] = await Promise.all([this.asked(), this.files.task()]);
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

  /** Journals that an irreversible call begins. @returns false when it was begun before: what it did is not known */
  private async begin(tool: string): Promise<boolean> {
    const key = this.key('calling');
    const rows = await this.journal.append({
      type: 'agent.calling',
      key,
      at: now(),
      stepId: this.input.step.id,
      attempt: 1,
      data: { turn: this.input.turn, tool },
    });
    const row = rows.find((r) => r.key === key);
    if (row === undefined) throw new PerdureError('run_closed', 'the run has ended');
    return row.inserted;
  }

  private async call({ tool, args }: StepCall): Promise<string> {
    const { step, runId, tenantId } = this.input;
    const { files, artifacts } = createToolFiles(this.deps.workspace, this.input);
    const { context, end } = createToolContext(this.deps.bus, {
      ...{ runId, tenantId, stepId: step.id, attempt: activityInfo().attempt, files },
      idempotencyKey: this.idempotencyKey,
      reach: async (url) => {
        checkReach(await reachOf(this.deps, { ...this.input, chosenBy: 'model' }), url);
      },
    });
    try {
      const result = await callTool(this.deps, tool, args, context);
      if (!('output' in result)) throw notInLoop(tool.name);
      return JSON.stringify(result.output).slice(0, KEPT_CHARACTERS);
    } finally {
      end();
      this.journal.hold(...artifactEvents(step.id, 1, artifacts()));
    }
  }

  private async handOver(queue: string, { tool, given }: StepCall, attempt: number): Promise<ToolCall> {
    const { step, turn, index } = this.input;
    return handOver(this.deps.workspace, this.input, {
      ...{ ask: 'call', queue, tool, attempt, name: `${step.id}-${turn}-${index}` },
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
    if (cancellationDetails()?.cancelRequested === true) return this.cancelled();
    throw retryLater(
      new PerdureError('worker_stopped', 'the worker was stopped while the tool was running'),
      0,
    );
  }

  private async cancelled(): Promise<never> {
    if (await this.isIrreversible())
      return this.steps().cancel(1, outcomeUnknown('the run was cancelled while the tool ran'));
    throw new CancelledFailure('the run was cancelled');
  }

  /** Nobody knows what it did, the model least of all: a person finds out. */
  private async failStep(why: string): Promise<never> {
    await this.steps().fail(1, outcomeUnknown(`the call of ${await this.toolName()}: ${why}`));
    throw new PerdureError('internal', 'the step has ended before');
  }

  private steps(): StepJournal {
    return new StepJournal(this.deps, this.input, this.journal);
  }

  private async tell(outcome: CallOutcome, durationMs: number): Promise<Made> {
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

/** An irreversible call that was begun, and of whose end there is no word. */
class CutOff extends Error {
  override readonly name = 'CutOff';
}
