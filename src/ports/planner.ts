/** Makes a plan from a goal. */
import type { Plan } from '../../contracts/plan.js';

export interface Planner {
  /** @throws PerdureError `model_not_configured` where there is nothing to make one with */
  makePlan(goal: string): Promise<Plan>;
}
