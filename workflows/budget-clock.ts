/** The time of a budget: looked at when a share of it is over. */
import { Alarm } from './alarm.js';
import type { RunBudget } from './budget.js';
import type { Work } from './work.js';

export class BudgetClock {
  private readonly alarm: Alarm;

  constructor(
    private readonly budget: RunBudget,
    work: Work,
  ) {
    this.alarm = new Alarm(work.shielded, (error) => {
      budget.checkTime();
      work.touch(error);
    });
  }

  /** After anything by which the moment may have moved. */
  set(): void {
    this.alarm.set(this.budget.nextMoment(), () => 'the budget’s time');
  }

  stop(): void {
    this.alarm.set(undefined, () => '');
  }
}
