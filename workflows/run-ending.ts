/** A run's end: its result is brought into the shape that its agent promises, and then the end is written. */
import { isCancellation, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../contracts/activities.js';
import type { FinishRunInput, RunEnd, RunOutcome } from '../contracts/run-endings.js';
import type { RunScope } from '../contracts/run-scope.js';
import { inRow, modelCalls, recordKeeping } from './activity-options.js';
import { isBudgetExhausted } from './budget.js';
import { errorOf } from './error-of.js';
import type { LoneCalls } from './lone-calls.js';
import type { RunParts } from './run-parts.js';

const { finishRun, mendResult } = proxyActivities<Activities>(recordKeeping('records'));
const { carryOut } = proxyLocalActivities<Activities>(inRow);

type End = Omit<FinishRunInput, keyof RunScope>;

export class RunEnding {
  /** @param cancelled how a run ends that is cancelled by now */
  constructor(
    private readonly parts: Pick<RunParts, 'budget' | 'unsent' | 'work'>,
    private readonly calls: LoneCalls,
    private readonly cancelled: () => RunOutcome,
  ) {}

  async write(end: End): Promise<RunEnd> {
    const written = (await this.inTask(end)) ?? (await this.finish(end));
    if (written.status !== 'misshapen') return written;
    const last = await this.finish({ ...end, ...(await this.mend(end)) });
    if (last.status === 'misshapen') throw new Error('a result that was mended is of its shape');
    return last;
  }

  /** Within the workflow task where that takes no time; an outage is waited for outside of it. */
  private async inTask(end: End): Promise<RunEnd | null> {
    const input = { ...this.parts.unsent.scope(), begin: null, steps: [], finish: end };
    try {
      return (await carryOut.executeWithOptions({ ...inRow, summary: summaryOf(end) }, [input])).ended;
    } catch {
      return null;
    }
  }

  private finish(end: End): ReturnType<Activities['finishRun']> {
    return this.parts.unsent.keep((scope) =>
      finishRun.executeWithOptions(recordKeeping(summaryOf(end)), [{ ...scope, ...end }]),
    );
  }

  /** The end is not being written yet: a cancel still counts. */
  private async mend({ run, outcome }: End): Promise<{ mended: true } | { outcome: RunOutcome }> {
    const { budget, unsent, work } = this.parts;
    const resultSteps = outcome.status === 'completed' ? outcome.resultSteps : [];
    try {
      const { error } = await work.run(() =>
        this.calls.further(() =>
          unsent.keep((scope) =>
            mendResult.executeWithOptions(modelCalls('bring the result into its shape'), [
              { ...scope, run, resultSteps },
            ]),
          ),
        ),
      );
      return error === null ? { mended: true } : { outcome: { status: 'failed', error } };
    } catch (failure) {
      if (isBudgetExhausted(failure)) return { outcome: { status: 'failed', error: budget.error() } };
      if (isCancellation(failure) && work.wasCancelled) return { outcome: this.cancelled() };
      const error = errorOf(failure);
      if (error === undefined || error === 'cancelled') throw failure;
      return { outcome: { status: 'failed', error } };
    }
  }
}

const summaryOf = ({ outcome }: End): string => `finish: ${outcome.status}`;
