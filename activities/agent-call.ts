/** One call that the model of a step has asked for: made once, its outcome kept for the model's next turn. */
import { activityInfo, cancellationDetails, cancellationSignal } from '@temporalio/activity';
import type { AgentCallInput } from '../contracts/activities.js';
import { outcomeUnknown, PerdureError } from '../contracts/errors.js';
import type { NewEvent } from '../contracts/events.js';
import type { JsonValue } from '../contracts/plan.js';
import type { CallOutcome } from '../src/ports/step-agent.js';
import type { Tool } from '../src/tools/tool.js';
import { AgentFiles, callOf } from './agent-files.js';
import { callTool } from './call-tool.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal, now } from './journal.js';
import { approvedArgs } from './step-call.js';
import { artifactEvents, StepJournal } from './step-journal.js';
import { isOutage, retryLater, toolError } from './to-failure.js';
import { createToolContext } from './tool-context.js';
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
): Promise<{ unsent: NewEvent[] }> {
  return new CallRun(deps, input).make();
}

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

  async make(): Promise<{ unsent: NewEvent[] }> {
    const { turn, index } = this.input;
    await this.journal.append();
    const { attempt: tries } = activityInfo();
    // An attempt before this one has done it, and may not have come to say so.
    const before = tries > 1 ? await this.files.outcome(turn, index) : null;
    if (before !== null) return this.tell(before, 0);
    const began = Date.now();
    const outcome = await this.outcome(tries);
    return this.tell(await this.files.keepOutcome(turn, index, outcome), Date.now() - began);
  }

  /** A failure is an outcome too: the model may do better. What passes by itself ends the attempt. */
  private async outcome(tries: number): Promise<CallOutcome> {
    const { denied, approved } = this.input;
    if (denied !== undefined) return { error: denied };
    const edited = approved?.args === undefined ? {} : { args: approved.args };
    try {
      if (tries > MAX_TRIES)
        throw new PerdureError('tool_unavailable', `its worker was lost ${tries - 1} times`);
      const { tool, args } = await this.prepare();
      const irreversible = tool.effect === 'irreversible';
      if (irreversible && !(await this.begin(tool.name))) throw new CutOff();
      return { output: await this.call(tool, args), ...edited };
    } catch (thrown) {
      if (thrown instanceof CutOff) return this.failStep('it was cut off');
      if (cancellationSignal().aborted) return this.interrupted();
      const error = toolError(thrown);
      if (isOutage(error)) throw error;
      // No word for a model: the call is made again, or, where it cannot be undone, found cut off.
      if (error.code === 'worker_stopped' || error.code === 'worker_busy') throw retryLater(error, tries);
      if ((await this.isIrreversible()) && error.code === 'tool_timeout') return this.failStep(error.message);
      return { error: error.toInfo(), ...edited };
    }
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

  private async prepare(): Promise<{ tool: Tool; args: unknown }> {
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
    return { tool, args: this.deps.tools.parseArgs(tool, approvedArgs(approved, asked.args)) };
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

  private async call(tool: Tool, args: unknown): Promise<string> {
    const { step, turn, index } = this.input;
    const { files, artifacts } = createToolFiles(this.deps.workspace, this.input);
    const given = { files, attempt: activityInfo().attempt };
    const { context, end } = createToolContext(this.deps, { ...this.input, chosenBy: 'model' }, given);
    const idempotencyKey = `${context.idempotencyKey}/${turn}-${index}`;
    try {
      const result = await callTool(this.deps.tracer, tool, args, { ...context, idempotencyKey });
      if (!('output' in result))
        throw new PerdureError('tool_failed', `${tool.name} can be a step of a plan only`);
      return JSON.stringify(result.output).slice(0, KEPT_CHARACTERS);
    } finally {
      end();
      this.journal.hold(...artifactEvents(step.id, 1, artifacts()));
    }
  }

  private async interrupted(): Promise<never> {
    const irreversible = await this.isIrreversible();
    if (cancellationDetails()?.cancelRequested === true) {
      if (irreversible)
        return this.steps().cancel(1, outcomeUnknown('the run was cancelled while the tool ran'));
      throw cancellationSignal().reason;
    }
    throw retryLater(
      new PerdureError('worker_stopped', 'the worker was stopped while the tool was running'),
      0,
    );
  }

  /** Nobody knows what it did, the model least of all: a person finds out. */
  private async failStep(why: string): Promise<never> {
    await this.steps().fail(1, outcomeUnknown(`the call of ${await this.toolName()}: ${why}`));
    throw new PerdureError('internal', 'the step has ended before');
  }

  private steps(): StepJournal {
    return new StepJournal(this.deps, this.input, this.journal);
  }

  private async tell(outcome: CallOutcome, durationMs: number): Promise<{ unsent: NewEvent[] }> {
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
    return { unsent };
  }

  private key(what: string): string {
    const { step, turn, index } = this.input;
    return `step/${step.id}/call/${turn}-${index}/${what}`;
  }
}

/** An irreversible call that was begun, and of whose end there is no word. */
class CutOff extends Error {
  override readonly name = 'CutOff';
}
