/** Decides after each step how the run goes on. */
import type { Judgement, SuperviseInput } from '../../contracts/judgements.js';
import type { Decision } from '../../contracts/step-ends.js';
import type { StepOutput } from '../../contracts/events.js';
import type { ModelUsage } from '../../contracts/models.js';
import type { JsonValue, Plan } from '../../contracts/plan.js';
import type { Draft } from './draft.js';

export type StepToJudge = Pick<
  SuperviseInput,
  'step' | 'error' | 'dependants' | 'round' | 'answers' | 'refused' | 'byRules'
>;

/** What a decision may look at beside the step's end. */
export interface SupervisedRun {
  /** Of one that is not recorded there is nothing to see. @throws PerdureError `store_unavailable` */
  load(): Promise<{
    goal: string;
    agent: string;
    plan: Plan | null;
    output: StepOutput | null;
    inputsData: JsonValue | undefined;
    /** Of the plan's first steps: whether they have begun, and how they ended. */
    statuses: ReadonlyMap<string, 'begun' | 'completed' | 'failed'>;
    /** What people have told the run, the newest last. */
    messages: string[];
  } | null>;
  /** The answer of before, where that is to be mended. */
  draft?: Draft;
  /** How often this decision was tried, this time included. */
  tries: number;
  signal: AbortSignal;
  /** Told of the call of a model; null of one that broke off, for nobody knows what it took. */
  onUsage: (usage: ModelUsage | null) => Promise<void>;
}

export interface Supervisor {
  /**
   * By rules alone and at once: then the decision is written along with the step's end.
   * @param agent of the run, by name
   * @returns undefined where a model must be asked
   */
  rule(agent: string, of: StepToJudge): { decision: Exclude<Decision, null>; reason: string } | undefined;
  /**
   * Asks once. What it proposes has passed all that holds what a model proposes.
   * @returns a draft where the answer cannot be used, and may be mended
   */
  decide(of: StepToJudge, run: SupervisedRun): Promise<Judgement | { draft: Draft }>;
}
