/** Whether the run is paused, by itself or with the run above. A pause lets what is under way end, and begins nothing more. */
import type { NewEvent } from '../contracts/events.js';
import type { BudgetLimit } from '../contracts/budget-limits.js';
import type { CarriedState, PauseRequest } from '../contracts/messages.js';

export class Pause {
  /** Told of every change. */
  onChange: () => void = () => undefined;
  private own: boolean;
  /** Of a sub-agent's run: whether the one above is paused. */
  private above: boolean;
  private changes: number;

  /** @param record takes the event of a change, and who made it */
  constructor(
    private readonly record: (event: NewEvent, by: string | null) => void,
    carried?: CarriedState['pause'],
  ) {
    this.own = carried?.isPaused ?? false;
    this.above = carried?.above ?? false;
    this.changes = carried?.changes ?? 0;
  }

  get isPaused(): boolean {
    return this.own || this.above;
  }

  /** Without effect where it changes nothing. @param limit of the budget, where that pauses it */
  set(paused: boolean, { by, reason, above }: PauseRequest, limit?: BudgetLimit): void {
    const before = this.isPaused;
    if (above !== true) this.own = paused;
    // Whoever lets just this run go on means it, whatever the one above is at.
    if (above === true || !paused) this.above = paused;
    if (this.isPaused === before) return;
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
      by,
    );
    this.onChange();
  }

  carry(): CarriedState['pause'] {
    const { own, above, changes } = this;
    return { isPaused: own, changes, ...(above ? { above } : {}) };
  }
}
