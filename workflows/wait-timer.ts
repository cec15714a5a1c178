/** One timer for all waits, for the earliest: however many there are, they fill no history. */
import type { CancellationScope } from '@temporalio/workflow';
import type { StepDeferred } from '../contracts/step-ends.js';
import type { StepTimer } from '../contracts/messages.js';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { Alarm } from './alarm.js';
import { label } from './picture.js';

export class WaitTimer {
  private readonly alarm: Alarm;

  /** @param onEnd when the time has come, or with the defect that the timer met */
  constructor(parent: CancellationScope, onEnd: (error?: unknown) => void) {
    this.alarm = new Alarm(parent, onEnd);
  }

  get isSet(): boolean {
    return this.alarm.isSet;
  }

  /**
   * @param next the wait that ends first; undefined for none. What is due waits for a place among the running: the
   *   next that settles makes one.
   */
  set(next: { step: PlanStep; at: number } | undefined, waits: { count(status: 'waiting'): number }): void {
    this.alarm.set(next?.at, () => {
      if (next === undefined) return '';
      const others = waits.count('waiting') - 1;
      const also = others === 0 ? '' : ` (and ${others} more)`;
      return summaryOf(`${label(next.step)} until ${new Date(next.at).toISOString()}${also}`);
    });
  }
}

/** By the workflow's clock, which is Temporal's. */
export function timerOf({ attempt, wait }: StepDeferred): StepTimer {
  const now = Date.now();
  const until = 'until' in wait ? wait.until : new Date(now + wait.seconds * 1000).toISOString();
  return { attempt, startedAt: new Date(now).toISOString(), until };
}
