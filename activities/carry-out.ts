/** Quick steps one after the other, with the run's beginning and end where they are due: one round trip for all. */
import type { CarryOutInput, CarryOutResult, RunToolInput } from '../contracts/activities.js';
import type { RunEnd } from '../contracts/run-endings.js';
import type { RunScope } from '../contracts/run-scope.js';
import type { StepEnd } from '../contracts/step-ends.js';
import { dependenciesOf } from '../contracts/check-plan.js';
import type { StepOutput } from '../contracts/events.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal } from './journal.js';
import { beginning, noteFiles, quickEnding, recordedEnd } from './run-ends.js';
import { runTool } from './run-tool.js';
import { isOutage, journalledFailureOf } from './to-failure.js';

/** Milliseconds after which no further step is begun: a workflow task that is held open holds others up. */
const ENOUGH_MS = 500;
/** Milliseconds that one tool may take. */
const TOOL_MS = 2_000;

/** @throws only where nothing was done: what was done is in the result */
export async function carryOut(deps: ActivityDependencies, input: CarryOutInput): Promise<CarryOutResult> {
  return new Row(deps, input).carryOut();
}

class Row {
  private readonly journal: Journal;
  private readonly outputs = new Map<string, StepOutput>();
  private readonly ends = new Map<string, StepEnd>();
  private readonly deadline = Date.now() + ENOUGH_MS;
  private isOver = false;

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly input: CarryOutInput,
  ) {
    this.journal = new Journal(deps, input, input.begin?.run ?? input.finish?.run);
  }

  async carryOut(): Promise<CarryOutResult> {
    const { begin, steps } = this.input;
    // Held until the first step begins: an append that fails there has begun nothing.
    if (begin !== null) this.journal.holdFirst(...(await beginning(this.deps, { ...this.input, ...begin })));
    for (const step of steps)
      if (this.ends.size === 0 || this.mayGoOn(step)) this.ends.set(step.step.id, await this.runStep(step));
    const ended = await this.finish();
    if (ended === null) await this.store();
    // A beginning that is not stored is for planRun to write, with all that it takes to go on trying.
    const unsent = this.journal.held();
    const begun = begin === null || !unsent.some(({ key }) => key === 'run.started');
    return {
      begun,
      ends: steps.map(({ step }) => this.ends.get(step.id) ?? { status: 'open' }),
      ended,
      unsent,
    };
  }

  private mayGoOn({ step }: Omit<RunToolInput, keyof RunScope>): boolean {
    if (this.isOver || Date.now() > this.deadline) return false;
    return dependenciesOf(step).every((id) => {
      const end = this.ends.get(id);
      // One that is not of this row has completed before it.
      return end === undefined ? !this.input.steps.some((s) => s.step.id === id) : end.status === 'completed';
    });
  }

  private async runStep(step: Omit<RunToolInput, keyof RunScope>): Promise<StepEnd> {
    const { runId, tenantId, agent } = this.input;
    try {
      const { unsent: _none, ...end } = await runTool(
        this.deps,
        { runId, tenantId, agent, unsent: [], ...step },
        { journal: this.journal, outputs: this.outputs, limitMs: TOOL_MS },
      );
      if (end.status !== 'completed' && end.status !== 'deferred') return { status: 'handed back' };
      // Without a decision it is not known whether the run goes on.
      if (end.status === 'completed' && end.decision !== 'continue') this.isOver = true;
      return end;
    } catch (error) {
      const failure = journalledFailureOf(error);
      this.isOver = failure?.decision !== 'continue';
      if (failure === undefined) {
        this.deps.logger.debug({ err: error, runId, stepId: step.step.id }, 'a quick step is handed back');
        return { status: 'handed back' };
      }
      return { status: 'failed', error: failure.error, decision: failure.decision };
    }
  }

  /** @returns the run's end once it is stored */
  private async finish(): Promise<RunEnd | null> {
    const { finish, steps } = this.input;
    const allCompleted = steps.every(({ step }) => {
      const end = this.ends.get(step.id);
      return end?.status === 'completed' && end.decision === 'continue';
    });
    if (finish === null || !allCompleted) return null;
    try {
      const events = await quickEnding(this.deps, { ...this.input, ...finish }, this.outputs);
      if (events === null) return null;
      const rows = await this.journal.append(...events);
      await noteFiles(this.deps, this.input);
      return recordedEnd(rows, finish.outcome);
    } catch (error) {
      if (!isOutage(error)) throw error;
      return null;
    }
  }

  private async store(): Promise<void> {
    try {
      await this.journal.append();
    } catch (error) {
      if (!isOutage(error)) throw error;
      this.deps.logger.warn({ err: error, runId: this.input.runId }, 'the event log did not take an event');
    }
  }
}
