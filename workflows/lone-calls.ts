/**
 * Calls of models that are no step's: the plan's, before there are steps, and the result's, after they have ended. Nobody
 * else looks after the budget then.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { Activities } from '../contracts/activities.js';
import type { Spent } from '../contracts/spent.js';
import { recordKeeping } from './activity-options.js';
import type { RunParts } from './run-parts.js';

const { recordEvents } = proxyActivities<Activities>(recordKeeping('records'));

export class LoneCalls {
  /** @param onPause told when the run is paused, and when it goes on */
  constructor(
    private readonly parts: Pick<RunParts, 'budget' | 'clock' | 'pause' | 'unsent' | 'work'>,
    private readonly onPause: () => void,
  ) {}

  /**
   * Asks a model, for as long as there is time.
   * @throws ApplicationFailure `budget_exhausted`; CancelledFailure where the run is cancelled
   */
  async first<Result extends { spent: Spent }>(ask: () => Promise<Result>): Promise<Result> {
    const { budget, clock, work } = this.parts;
    const asking = new CancellationScope();
    budget.onChange = () => {
      clock.set();
      // Of all else the answer is paid for already.
      if (budget.exhausted === 'seconds' && !budget.pauses) asking.cancel();
    };
    clock.set();
    try {
      return await asking.run(() => budget.call(ask));
    } catch (error) {
      if (!isCancellation(error) || budget.exhausted === undefined || work.wasCancelled) throw error;
      throw this.usedUp();
    } finally {
      clock.stop();
    }
  }

  /** The same of a call that only mends: nothing more is begun while the run is paused, or its budget used up. */
  async further<Result extends { spent: Spent }>(ask: () => Promise<Result>): Promise<Result> {
    const { budget, pause, unsent } = this.parts;
    while (budget.exhausted !== undefined || pause.isPaused) {
      if (budget.exhausted !== undefined) {
        if (!budget.pauses) throw this.usedUp();
        pause.set(true, { by: null, reason: budget.inWords() }, budget.exhausted);
      }
      this.onPause();
      // People hear at once of what has happened.
      if (unsent.size > 0)
        await unsent.keep((scope) =>
          recordEvents.executeWithOptions(recordKeeping('what people did'), [scope]),
        );
      await condition(() => !pause.isPaused || unsent.size > 0);
    }
    this.onPause();
    return this.first(ask);
  }

  private usedUp(): ApplicationFailure {
    const { message, code } = this.parts.budget.error();
    return ApplicationFailure.nonRetryable(message, code);
  }
}
