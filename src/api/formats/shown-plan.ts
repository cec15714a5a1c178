/** The plan as it stands, out of a run's events. */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import { changedPlan } from '../../../contracts/plan-change.js';
import type { Plan } from '../../../contracts/plan.js';

export class ShownPlan {
  private plan: Plan = { steps: [] };

  /** @returns the whole plan where the event has changed it */
  after(event: RunEvent | EphemeralEvent): Plan | undefined {
    if (event.type === 'plan.created') this.plan = event.plan;
    else if (event.type === 'plan.updated') {
      const { steps, removed, maxParallel } = event;
      const change = { steps, remove: removed, ...(maxParallel === undefined ? {} : { maxParallel }) };
      this.plan = changedPlan(this.plan, change);
    } else return undefined;
    return this.plan;
  }
}
