/** What a model says as a supervisor: checked as any plan is, and held by what no model may decide by itself. */
import { z } from 'zod';
import type { Judgement } from '../../contracts/judgements.js';
import type { Agent } from '../../contracts/agents.js';
import type { ToolDescription } from '../../contracts/api.js';
import { checkPlan } from '../../contracts/check-plan.js';
import { changedPlan, changeProblem, type PlanChange } from '../../contracts/plan-change.js';
import {
  jsonValueSchema,
  MAX_PLAN_BYTES,
  planStepSchema,
  type Plan,
  type PlanStep,
} from '../../contracts/plan.js';
import { supervisorDecisions } from '../../contracts/statuses.js';
import type { StepToJudge, SupervisedRun } from '../ports/supervisor.js';
import type { ToolCatalog } from '../ports/tool-catalog.js';
import { guardPlan } from './model-made-plan.js';

/** Steps that one answer may change or take out. */
const MAX_STEPS = 200;

export const supervisorAnswerSchema = z.strictObject({
  decision: z.enum(supervisorDecisions),
  reason: z.string().trim().min(1).max(1_000),
  // Models that fill in every field write null where there is nothing.
  args: z.record(z.string(), jsonValueSchema).nullish(),
  steps: z.array(planStepSchema).max(MAX_STEPS).nullish(),
  remove: z.array(z.string()).max(MAX_STEPS).nullish(),
  question: z.string().trim().min(1).max(2_000).nullish(),
});
export type SupervisorAnswer = z.infer<typeof supervisorAnswerSchema>;

/** Kept simple: what it cannot say is checked afterwards, and told in words. */
export const toldAnswerSchema = (tools: readonly ToolDescription[]): Record<string, unknown> =>
  z.toJSONSchema(
    z.object({
      decision: z.enum(supervisorDecisions),
      reason: z.string(),
      args: z.looseObject({}).optional(),
      steps: z
        .array(
          z.object({
            id: z.string(),
            title: planStepSchema.shape.title,
            tool: tools.length === 0 ? z.string() : z.enum(tools.map(({ name }) => name)),
            args: z.looseObject({}),
            dependsOn: z.array(z.string()).optional(),
            onFailure: planStepSchema.shape.onFailure,
          }),
        )
        .optional(),
      remove: z.array(z.string()).optional(),
      question: z.string().optional(),
    }),
  );

export type LoadedRun = NonNullable<Awaited<ReturnType<SupervisedRun['load']>>>;

export class SupervisorAnswers {
  private readonly plan: Plan;
  private readonly planned: PlanStep | undefined;

  constructor(
    private readonly of: StepToJudge,
    private readonly run: LoadedRun,
    private readonly agent: Agent,
    private readonly tools: ToolCatalog,
  ) {
    this.plan = run.plan ?? { steps: [] };
    this.planned = this.plan.steps.find(({ id }) => id === of.step.id);
  }

  /** In words that help the model to mend it; empty where it can be followed. */
  faults(answer: SupervisorAnswer): string[] {
    const { decision, question } = answer;
    if (decision === 'ask' && question == null) return ['question is required with "ask"'];
    if (decision === 'retry') {
      const again = this.again(answer);
      return again === undefined
        ? ['this step cannot be tried again']
        : this.wrongSteps(changedPlan(this.plan, { steps: [again], remove: [] }), [again.id]);
    }
    if (decision !== 'replan') return [];
    const change = this.change(answer);
    if (change.steps.length + change.remove.length === 0)
      return ['"replan" needs steps that are put in or changed, or ids of steps to remove'];
    const problem = changeProblem(this.plan, change, (id) => this.statusOf(id));
    if (problem !== undefined) return [problem];
    const changed = changedPlan(this.plan, change);
    if (Buffer.byteLength(JSON.stringify(changed)) > MAX_PLAN_BYTES)
      return [`the plan would have more than ${MAX_PLAN_BYTES} bytes of JSON`];
    return this.wrongSteps(
      changed,
      change.steps.map(({ id }) => id),
    );
  }

  /** @param answer that has no faults */
  judgement(answer: SupervisorAnswer): Judgement {
    const { decision, reason, question } = answer;
    if (decision === 'ask') return { decision, reason, question: question ?? '' };
    if (decision === 'retry') {
      const again = this.again(answer);
      return { decision, reason, steps: again === undefined ? [] : this.guarded([again]) };
    }
    if (decision !== 'replan') return { decision, reason };
    const { steps, remove } = this.change(answer);
    return { decision, reason, steps: this.guarded(steps), remove };
  }

  private again({ args }: SupervisorAnswer): PlanStep | undefined {
    return this.planned === undefined ? undefined : { ...this.planned, args: args ?? this.planned.args };
  }

  private change({ steps, remove }: SupervisorAnswer): PlanChange {
    return { steps: steps ?? [], remove: remove ?? [] };
  }

  /** Of steps beyond the first ones it is not known: then the run itself refuses what is too late. */
  private statusOf(id: string): ReturnType<Parameters<typeof changeProblem>[2]> {
    if (id === this.of.step.id) return this.of.error === null ? 'begun' : 'dead';
    const status = this.run.statuses.get(id);
    if (status === 'failed') return 'dead';
    if (status !== undefined) return 'begun';
    return this.plan.steps.some((step) => step.id === id) ? 'open' : undefined;
  }

  private wrongSteps(plan: Plan, ids: readonly string[]): string[] {
    // The tools are the agent's, whatever the model was talked into.
    const errors = checkPlan(plan, this.run.inputsData, (tool, args) =>
      this.agent.tools.includes(tool) ? this.tools.checkArgs(tool, args) : undefined,
    );
    const positions = new Set(ids.map((id) => plan.steps.findIndex((step) => step.id === id)));
    return errors.flatMap(({ field, message }) => {
      const [, position, rest = ''] = /^plan\.steps\[(\d+)\]\.?(.*)$/.exec(field) ?? [];
      if (position === undefined || !positions.has(Number(position))) return [];
      return [`the step ${JSON.stringify(plan.steps[Number(position)]?.id)}: ${rest} ${message}`];
    });
  }

  /** A person is asked before what cannot be undone, whatever the run's approvals say: no plan of a person's shows it. */
  private guarded(steps: PlanStep[]): PlanStep[] {
    const effects = new Map(this.tools.list().map(({ name, effect }) => [name, effect]));
    const { steps: guarded } = guardPlan({ steps }, { agent: this.agent, goal: this.run.goal });
    return guarded.map((step) =>
      step.approval === undefined && effects.get(step.tool) === 'irreversible'
        ? { ...step, approval: { note: 'The supervisor has put this into the plan.' } }
        : step,
    );
  }
}
