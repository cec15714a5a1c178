/** Quick steps that one local activity carries out in a row, with the run's beginning and end where they are due. */
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities, CarryOutInput, CarryOutResult } from '../contracts/activities.js';
import type { RunScope } from '../contracts/run-scope.js';
import type { AgentRunInput } from '../contracts/messages.js';
import type { Plan, PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { inRow, recordKeeping } from './activity-options.js';
import { label } from './picture.js';
import type { RunState } from './run-state.js';

/** Steps in one row: its result is one event of the history. */
export const MAX_ROW = 100;

const { carryOut } = proxyLocalActivities<Activities>(inRow);
const { planRun } = proxyActivities<Activities>(recordKeeping('records'));

export class QuickRow {
  readonly steps: PlanStep[];
  private readonly finish: CarryOutInput['finish'];

  constructor(
    private readonly input: AgentRunInput,
    private readonly state: RunState,
    readonly begun: boolean,
    maxSteps: number,
  ) {
    this.steps = state.startRow(maxSteps);
    this.finish = state.endsWith(this.steps.length)
      ? {
          run: input.run,
          outcome: { status: 'completed', resultSteps: state.resultSteps(true) },
          openSteps: [],
        }
      : null;
  }

  /** Whether the run's end is written with it. */
  get isLast(): boolean {
    return this.finish !== null;
  }

  /** How far it came; nowhere when the local activity itself broke down. */
  async carryOut(scope: RunScope): Promise<CarryOutResult> {
    const input: CarryOutInput = {
      ...scope,
      begin: this.begun ? null : this.beginning(),
      steps: this.steps.map((step) => {
        const dependants = step.onFailure === 'continue' ? this.state.dependants(step.id).slice(0, 10) : [];
        return dependants.length === 0 ? { step } : { step, dependants };
      }),
      finish: this.finish,
    };
    try {
      return await carryOut.executeWithOptions({ ...inRow, summary: this.summary() }, [input]);
    } catch {
      // Whatever it was, the activities that do one thing each meet it again, and have time for it.
      return {
        begun: false,
        ends: this.steps.map(() => ({ status: 'handed back' })),
        ended: null,
        unsent: scope.unsent,
      };
    }
  }

  /** Writes the beginning by an activity that goes on trying. */
  async beginAlone(
    keep: <Result>(call: (scope: RunScope) => Promise<Result>) => Promise<Result>,
  ): Promise<void> {
    await keep((scope) =>
      planRun.executeWithOptions(recordKeeping(planSummary(this.state.plan)), [
        { ...scope, ...this.beginning() },
      ]),
    );
  }

  private beginning(): NonNullable<CarryOutInput['begin']> {
    return { run: this.input.run, plan: this.state.plan, inputsData: this.input.inputsData };
  }

  private summary(): string {
    const parts = [
      ...(this.begun ? [] : [planSummary(this.state.plan)]),
      ...this.steps.slice(0, 10).map(label),
      ...(this.steps.length > 10 ? [`and ${this.steps.length - 10} more`] : []),
      ...(this.finish === null ? [] : ['finish']),
    ];
    return summaryOf(parts.join('; '));
  }
}

const planSummary = (plan: Plan): string => `plan of ${plan.steps.length} steps`;
