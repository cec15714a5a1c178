/** A step that is an agent: opened, and its model asked turn by turn. Its calls are made in agent-call.ts. */
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { RunToolInput } from '../contracts/activities.js';
import type { AgentCall, AgentStepScope, AgentTurnResult } from '../contracts/agent-steps.js';
import { PerdureError } from '../contracts/errors.js';
import type { JsonValue } from '../contracts/plan.js';
import type { AgentTurn } from '../src/ports/step-agent.js';
import { AgentFiles, type KeptAnswer } from './agent-files.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal, now, stepKeys } from './journal.js';
import { ModelAttempts } from './model-attempts.js';
import { messagesOf } from './run-messages.js';
import { OutputStream } from './output-stream.js';
import { addressOf, reachOf, whyOutOfReach } from './reach.js';
import { hashOf } from './request-approval.js';
import { notingCalls, pastCalls, Spending } from './spending.js';
import { stepCall } from './step-call.js';
import { StepJournal } from './step-journal.js';
import { outputPath, storeOutput } from './step-output.js';
import {
  abortedWhile,
  isOutage,
  journalledFailureOf,
  retryLater,
  stepFailure,
  toolError,
} from './to-failure.js';

/** Attempts that one answer gets whose model fails for a passing reason. */
const MAX_ATTEMPTS = 5;
/** A tool that it was not given is asked for like any other, and answered by what is wrong. */
const noTool = { effect: 'read', timeoutSeconds: 10 } as const;

export async function openAgentStep(
  deps: ActivityDependencies,
  input: RunToolInput,
): Promise<{ maxTurns: number }> {
  const { runId, tenantId, step } = input;
  const steps = await StepJournal.begin(deps, input);
  try {
    const { args } = await stepCall(deps, input);
    const run = await deps.store.findRun(tenantId, runId);
    if (run === null) throw new PerdureError('run_not_found', `there is no run ${runId}`);
    const files = new AgentFiles(deps.workspace, input, step.id);
    const task = await files.keepTask({ agent: run.agent, args: args as Record<string, JsonValue> });
    return { maxTurns: deps.stepAgent.open(task).maxTurns };
  } catch (error) {
    if (isOutage(error)) throw error;
    // Nothing was done yet that an end in the log could tell of.
    await steps.fail(1, toolError(error).toInfo());
    throw error;
  }
}

export async function takeAgentTurn(
  deps: ActivityDependencies,
  input: AgentStepScope,
): Promise<AgentTurnResult> {
  return new AgentTurnRun(deps, input).take();
}

class AgentTurnRun {
  private readonly journal: Journal;
  private readonly steps: StepJournal;
  private readonly files: AgentFiles;
  private readonly began = Date.now();

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly input: AgentStepScope,
  ) {
    this.journal = new Journal(deps, input);
    this.steps = new StepJournal(deps, input, this.journal);
    this.files = new AgentFiles(deps.workspace, input, input.step.id);
  }

  async take(): Promise<AgentTurnResult> {
    const { runId, turn } = this.input;
    await this.journal.append();
    const { attempt: tries } = activityInfo();
    const past = await this.deps.log.find(runId, [
      ...Array.from({ length: MAX_ATTEMPTS }, (_, i) => this.key(`retrying/${i + 1}`)),
      ...pastCalls((tried) => this.key(`model/${tried}`), tries, 1),
    ]);
    const spending = new Spending(past);
    const attempt = 1 + past.filter(({ type }) => type === 'step.retrying').length;
    const before = await this.files.answer(turn);
    try {
      const answer = before ?? (await this.ask(attempt, spending));
      return await this.follow(answer, spending, before !== null);
    } catch (error) {
      throw await this.judged(error, attempt, spending);
    }
  }

  private async ask(attempt: number, spending: Spending): Promise<KeptAnswer> {
    const { runId, step, turn } = this.input;
    const { attempt: tries } = activityInfo();
    const of = { stepId: step.id, attempt };
    const output = new OutputStream(this.deps.bus, runId, of);
    if (tries > 1) output.write(null);
    try {
      const [task, past, messages] = await Promise.all([
        this.files.task(),
        this.files.past(turn),
        messagesOf(this.deps.log, runId),
      ]);
      // By the tries, too: a worker that is killed has paid for a call that the next one pays again.
      const key = (): string => this.key(`model/${tries}`);
      const onUsage = notingCalls(this.journal, spending, { role: 'tool', key, of });
      const attempts = new ModelAttempts(
        this.deps.workspace,
        this.input,
        `step-${step.id}-turn-${turn}`,
        tries,
      );
      const { usage, ...answer } = await attempts.make(spending, () =>
        this.deps.stepAgent.answer(task, past, {
          messages,
          signal: cancellationSignal(),
          onText: (piece) => {
            output.write(piece);
          },
          onBroken: () => {
            void onUsage(null);
          },
        }),
      );
      await onUsage(usage);
      if (answer.turn.wrong !== undefined) {
        output.write(null);
        refuseSecond(answer.turn.wrong, past, usage.model);
      }
      return await this.files.keepAnswer(turn, answer);
    } finally {
      output.flush();
    }
  }

  /** @param wasKept whether the answer was given before: some of its calls may have been made */
  private async follow(
    { turn, output }: KeptAnswer,
    spending: Spending,
    wasKept: boolean,
  ): Promise<AgentTurnResult> {
    const { id } = this.input.step;
    const spent = spending.total;
    if (output === null) return { status: 'open', calls: await this.calls(turn, wasKept), unsent: [], spent };
    const stored = await storeOutput(this.deps.workspace, this.input, outputPath(id, 1), output);
    const durationMs = await this.duration();
    return { ...(await this.steps.complete(1, { output: stored, durationMs })), spent };
  }

  /** Since the step was begun, by the log. */
  private async duration(): Promise<number> {
    const { runId, step } = this.input;
    const [started] = await this.deps.log.find(runId, [stepKeys.started(step.id, 1)]);
    return Math.max(0, Date.now() - (started === undefined ? this.began : Date.parse(started.at)));
  }

  private async calls({ calls }: KeptAnswer['turn'], wasKept: boolean): Promise<AgentCall[]> {
    if (calls.length === 0) return [];
    const given = this.deps.stepAgent.open(await this.files.task()).tools;
    return Promise.all(
      calls.map(async ({ tool, args }, index) => {
        const known = given.includes(tool) ? this.deps.tools.get(tool) : undefined;
        const { effect, timeoutSeconds } = known ?? noTool;
        const ask = known === undefined ? undefined : await this.whyAsk(tool, args);
        const isMade = wasKept && (await this.files.outcome(this.input.turn, index)) !== null;
        return {
          ...{ index, tool: tool.slice(0, 100), hash: hashOf({ tool, args }), effect, timeoutSeconds },
          ...(ask === undefined ? {} : { ask: ask.slice(0, 500) }),
          ...(isMade ? { made: true as const } : {}),
        };
      }),
    );
  }

  /** An address can carry away what the model has read. */
  private async whyAsk(tool: string, args: JsonValue): Promise<string | undefined> {
    const url = addressOf(tool, args);
    if (url === undefined) return undefined;
    return whyOutOfReach(await reachOf(this.deps, { ...this.input, chosenBy: 'model' }), url);
  }

  /** The error in Temporal's terms: what passes is tried again, but not for ever. */
  private async judged(error: unknown, attempt: number, spending: Spending): Promise<unknown> {
    if (journalledFailureOf(error) !== undefined || isOutage(error)) return error;
    if (cancellationSignal().aborted) return abortedWhile('the model wrote');
    const known = toolError(error);
    const { step } = this.input;
    if (known.retryable && attempt < MAX_ATTEMPTS) {
      await this.journal.tryAppend({
        type: 'step.retrying',
        key: this.key(`retrying/${attempt}`),
        at: now(),
        stepId: step.id,
        attempt,
        data: { error: known.toInfo(), nextAttempt: attempt + 1 },
      });
      return retryLater(known, attempt);
    }
    try {
      await this.steps.fail(attempt, known.toInfo());
      return error;
    } catch (failure) {
      const journalled = journalledFailureOf(failure);
      if (journalled === undefined) return failure;
      return stepFailure(journalled.error, journalled.decision, journalled.unsent, spending.total);
    }
  }

  private key(what: string): string {
    return `step/${this.input.step.id}/turn/${this.input.turn}/${what}`;
  }
}

/** An answer is mended once in a step. */
function refuseSecond(wrong: readonly string[], past: readonly AgentTurn[], model: string): void {
  if (past.some((turn) => turn.wrong !== undefined))
    throw new PerdureError('model_output_invalid', `${model}: ${wrong.join('; ')}`.slice(0, 2_000));
}
