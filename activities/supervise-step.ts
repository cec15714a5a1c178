/** A decision that takes an activity of its own, for a model is asked. */
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { Judgement, SuperviseInput, SuperviseResult } from '../contracts/judgements.js';
import type { ToMend } from '../contracts/spent.js';
import { PerdureError } from '../contracts/errors.js';
import type { NewEvent, RunEvent } from '../contracts/events.js';
import type { JsonValue } from '../contracts/plan.js';
import type { Draft } from '../src/ports/draft.js';
import type { SupervisedRun } from '../src/ports/supervisor.js';
import type { ActivityDependencies } from './dependencies.js';
import { endBy, Journal, now, stepKeys } from './journal.js';
import { draftsOf } from './kept-files.js';
import { hashOf } from './request-approval.js';
import { resolveArgs } from './resolve-args.js';
import { ModelAttempts } from './model-attempts.js';
import { messagesOf } from './run-messages.js';
import { notingCalls, pastCalls, Spending } from './spending.js';
import { INPUTS_PATH, loadJson } from './step-output.js';
import { abortedWhile } from './to-failure.js';

/** Steps whose status a supervisor is told. */
const TOLD_STEPS = 200;

/** Done again, it answers what it decided first. */
export async function superviseStep(
  deps: ActivityDependencies,
  input: SuperviseInput,
): Promise<SuperviseResult | ToMend> {
  return new Supervising(deps, input).decide();
}

class Supervising {
  private readonly journal: Journal;
  private readonly key: string;

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly input: SuperviseInput,
  ) {
    this.journal = new Journal(deps, input);
    this.key = stepKeys.supervised(input.step.id, input.round);
  }

  async decide(): Promise<SuperviseResult | ToMend> {
    const { runId, mending, byRules } = this.input;
    // What could not be stored may be the very end that is to be judged.
    await this.journal.append();
    const { attempt: tries } = activityInfo();
    const past = await this.deps.log.find(runId, [
      this.key,
      ...pastCalls((tried) => this.callKey(tried), tries, 1),
    ]);
    const spending = new Spending(past);
    const before = judgementIn(past);
    if (before !== undefined) return this.result(before, spending);
    const drafts = draftsOf(this.deps.workspace, this.input);
    const isMended = mending === true || (tries > 1 && byRules === undefined);
    const draft = isMended ? await drafts.load<Draft>(this.draftName) : null;
    if (draft !== null && mending !== true) return { toMend: true, spent: spending.total };
    const decided = await this.ask(draft, tries, spending);
    if ('draft' in decided) {
      await drafts.keep(this.draftName, decided.draft);
      return { toMend: true, spent: spending.total };
    }
    return this.result(await this.record(decided), spending);
  }

  private async ask(
    draft: Draft | null,
    tries: number,
    spending: Spending,
  ): ReturnType<ActivityDependencies['supervisor']['decide']> {
    try {
      const attempts = new ModelAttempts(this.deps.workspace, this.input, this.callName, tries);
      return await attempts.make(spending, () =>
        this.deps.supervisor.decide(this.input, {
          ...(draft === null ? {} : { draft }),
          tries,
          signal: cancellationSignal(),
          load: () => this.load(),
          onUsage: notingCalls(this.journal, spending, {
            role: 'supervisor',
            key: () => this.callKey(tries),
            of: { stepId: this.input.step.id },
          }),
        }),
      );
    } catch (error) {
      throw cancellationSignal().aborted ? abortedWhile('the supervisor was asked') : error;
    }
  }

  /** @returns the decision that was recorded first */
  private async record(decided: Judgement): Promise<Judgement> {
    const event: NewEvent = {
      type: 'supervisor.decided',
      key: this.key,
      at: now(),
      stepId: this.input.step.id,
      data: decided,
    };
    const rows = await this.journal.append(event);
    return judgementIn(rows.filter(({ key }) => key === this.key).map((row) => row.event)) ?? decided;
  }

  /** By the tries, too: a worker that is killed has paid for a call that the next one pays again. */
  private callKey(tries: number): string {
    const { step, round = 1, mending } = this.input;
    const call = mending === true ? 2 : 1;
    return `step/${step.id}/supervisor/${round === 1 ? '' : `${round}/`}${tries}/${call}`;
  }

  private get callName(): string {
    return `${this.draftName}${this.input.mending === true ? '-mended' : ''}`;
  }

  private get draftName(): string {
    const { step, round = 1 } = this.input;
    return `supervisor-${round}-${step.id}`;
  }

  private async load(): ReturnType<SupervisedRun['load']> {
    const { runId, tenantId, step } = this.input;
    const { store, log } = this.deps;
    const run = await store.getRun(tenantId, runId);
    if (run === null) return null;
    const { goal, agent, plan } = run;
    const ids = (plan?.steps ?? []).slice(0, TOLD_STEPS).map(({ id }) => id);
    const [ends, inputsData, messages] = await Promise.all([
      log.find(
        runId,
        [...new Set([...ids, step.id])].flatMap((id) => [stepKeys.started(id, 1), stepKeys.end(id)]),
      ),
      this.inputs(),
      messagesOf(log, runId),
    ]);
    const end = ends.find((event) => event.stepId === step.id && 'output' in event);
    const output = end?.type === 'step.completed' || end?.type === 'step.reused' ? end.output : null;
    return { goal, agent, plan, output, inputsData, statuses: statusesOf(ends), messages };
  }

  private async inputs(): Promise<JsonValue | undefined> {
    try {
      return await loadJson(this.deps.workspace, this.input, INPUTS_PATH);
    } catch (error) {
      if (error instanceof PerdureError && error.code === 'file_not_found') return undefined;
      throw error;
    }
  }

  private async result(judgement: Judgement, spending: Spending): Promise<SuperviseResult> {
    const spent = spending.total;
    const { decision } = judgement;
    if (decision === 'continue' || decision === 'stop' || decision === 'finish')
      return { ...judgement, spent };
    const { runId, tenantId } = this.input;
    const run = await this.deps.store.findRun(tenantId, runId);
    const limits = this.deps.agents.find(run?.agent ?? '')?.supervision;
    return {
      ...judgement,
      spent,
      ...(limits === undefined ? {} : { limits }),
      ...(decision === 'ask' ? {} : { signature: await this.signature() }),
    };
  }

  /** Of what was done and what came of it, whatever the step is called. */
  private async signature(): Promise<string> {
    const { runId, tenantId, step, error } = this.input;
    const { store, log } = this.deps;
    const run = await store.getRun(tenantId, runId);
    const planned = run?.plan?.steps.find(({ id }) => id === step.id);
    const [end] = await log.find(runId, [stepKeys.end(step.id)]);
    const output = end?.type === 'step.completed' || end?.type === 'step.reused' ? end.output : null;
    // A large one lies in a file that is called after its step.
    const seen =
      output !== null && 'ref' in output ? { bytes: output.bytes, preview: output.preview } : output;
    const args =
      planned === undefined
        ? {}
        : await resolveArgs(this.deps, { runId, tenantId }, planned).catch((thrown: unknown) => {
            if (thrown instanceof PerdureError && thrown.code === 'reference_unresolved') return planned.args;
            throw thrown;
          });
    const result = error === null ? { output: seen } : { code: error.code, message: error.message };
    return hashOf({ tool: planned?.tool ?? '', args, result });
  }
}

function statusesOf(events: readonly RunEvent[]): Map<string, 'begun' | 'completed' | 'failed'> {
  const statuses = new Map<string, 'begun' | 'completed' | 'failed'>();
  for (const event of events) {
    const { stepId = '' } = event;
    const end = endBy(event);
    if (end !== undefined) statuses.set(stepId, end === 'completed' ? 'completed' : 'failed');
    else if (!statuses.has(stepId)) statuses.set(stepId, 'begun');
  }
  return statuses;
}

/** As the log has it. */
function judgementIn(events: readonly RunEvent[]): Judgement | undefined {
  const event = events.find(({ type }) => type === 'supervisor.decided');
  if (event?.type !== 'supervisor.decided') return undefined;
  const { decision, reason, steps, remove, question } = event;
  return {
    ...{ decision, reason },
    ...(steps === undefined ? {} : { steps }),
    ...(remove === undefined ? {} : { remove }),
    ...(question === undefined ? {} : { question }),
  };
}
