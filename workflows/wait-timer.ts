/** One timer for all waits, for the earliest: however many there are, they fill no history. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { StepDeferred } from '../contracts/activities.js';
import type { StepTimer } from '../contracts/messages.js';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { label } from './picture.js';

export class WaitTimer {
  private current: { at: number; scope: CancellationScope } | undefined;

  /** @param onEnd when the time has come, or with the defect that the timer met */
  constructor(
    private readonly parent: CancellationScope,
    private readonly onEnd: (error?: unknown) => void,
  ) {}

  get isSet(): boolean {
    return this.current !== undefined;
  }

  /** @param next the wait that ends first; undefined for none */
  set(next: { step: PlanStep; at: number } | undefined, waits: { count(status: 'waiting'): number }): void {
    if (next?.at === this.current?.at) return;
    this.current?.scope.cancel();
    this.current = undefined;
    // What is due waits for a place among the running: the next that settles makes one.
    if (next === undefined || next.at <= Date.now()) return;
    const others = waits.count('waiting') - 1;
    const also = others === 0 ? '' : ` (and ${others} more)`;
    const summary = summaryOf(`${label(next.step)} until ${new Date(next.at).toISOString()}${also}`);
    const timer = {
      at: next.at,
      scope: new CancellationScope({ cancellable: true, parent: this.parent }),
    };
    this.current = timer;
    timer.scope
      .run(() => sleep(next.at - Date.now(), { summary }))
      .then(() => {
        if (this.current === timer) this.current = undefined;
        this.onEnd();
      })
      .catch((error: unknown) => {
        if (!isCancellation(error)) this.onEnd(error);
      });
  }
}

/** By the workflow's clock, which is Temporal's. */
export function timerOf({ attempt, wait }: StepDeferred): StepTimer {
  const now = Date.now();
  const until = 'until' in wait ? wait.until : new Date(now + wait.seconds * 1000).toISOString();
  return { attempt, startedAt: new Date(now).toISOString(), until };
}
