/** The planner of an installation without a model: plans come with the request. */
import { PerdureError } from '../../contracts/errors.js';
import type { Planner } from '../ports/planner.js';

export const plannerWithoutModel: Planner = {
  makePlan() {
    return Promise.reject(
      new PerdureError('model_not_configured', 'no model is configured that could make a plan from the goal'),
    );
  },
};
