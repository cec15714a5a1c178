/** Whether the run is paused. A pause lets what is under way end, and begins nothing more. */
import type { NewEvent } from '../contracts/events.js';
import type { BudgetLimit } from '../contracts/budget-limits.js';
import type { CarriedState, PauseRequest } from '../contracts/messages.js';

export class Pause {
  /** Told of every change. */
  onChange: () => void = () => undefined;
  private paused: boolean;
  private changes: number;

  /** @param record takes the event of a change */
  constructor(
    private readonly record: (event: NewEvent) => void,
    carried?: CarriedState['pause'],
  ) {
    this.paused = carried?.isPaused ?? false;
    this.changes = carried?.changes ?? 0;
  }

  get isPaused(): boolean {
    return this.paused;
  }

  /** Without effect where it changes nothing. @param limit of the budget, where that pauses it */
  set(paused: boolean, { by, reason }: PauseRequest, limit?: BudgetLimit): void {
    if (paused === this.paused) return;
    this.paused = paused;
    this.changes += 1;
    const event = { key: `run/pause/${this.changes}`, at: new Date().toISOString() };
    const who = by === null ? {} : { by };
    this.record(
      paused
        ? {
            ...event,
            type: 'run.paused',
            data: {
              ...who,
              ...(reason === null ? {} : { reason }),
              ...(limit === undefined ? {} : { limit }),
            },
          }
        : { ...event, type: 'run.resumed', data: who },
    );
    this.onChange();
  }

  carry(): CarriedState['pause'] {
    return { isPaused: this.paused, changes: this.changes };
  }
}
