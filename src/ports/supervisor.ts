/** Decides after each step how the run goes on. */
import type { SuperviseInput, SuperviseResult } from '../../contracts/activities.js';

export type StepToJudge = Pick<SuperviseInput, 'step' | 'error' | 'dependants'>;

export interface Supervisor {
  /** By rules alone and at once: then the decision is written along with the step's end. */
  rule?(of: StepToJudge): SuperviseResult;
  decide(of: StepToJudge): Promise<SuperviseResult>;
}
