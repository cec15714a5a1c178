/** A run's result in the shape that its agent promises, or the error that it has none. */
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { PerdureError } from '../contracts/errors.js';
import type { JsonValue } from '../contracts/plan.js';
import type { NewRun } from '../contracts/runs.js';
import type { ActivityDependencies } from './dependencies.js';
import type { Journal } from './journal.js';
import { notingCalls, Spending } from './spending.js';

/** Milliseconds that a model may take; the activity has a minute. */
const MEND_MS = 40_000;
const MAX_TRIES = 3;

/**
 * Asks a model where the result does not fit.
 * @returns the error of a result that cannot be mended
 * @throws PerdureError retryable, for a model that may answer later
 */
export async function shapedResult(
  deps: Pick<ActivityDependencies, 'shaper' | 'logger'>,
  run: NewRun,
  result: JsonValue,
  journal: Journal,
): Promise<{ result: JsonValue } | { error: PerdureError }> {
  const wrong = deps.shaper.check(run.agent, result);
  if (wrong.length === 0) return { result };
  const { attempt } = activityInfo();
  try {
    const mended = await deps.shaper.mend({
      agent: run.agent,
      goal: run.goal,
      result,
      wrong,
      signal: AbortSignal.any([cancellationSignal(), AbortSignal.timeout(MEND_MS)]),
      onUsage: notingCalls(journal, new Spending(), { role: 'tool', key: () => `run/shape/${attempt}` }),
    });
    return { result: mended };
  } catch (error) {
    if (error instanceof PerdureError && error.code === 'result_invalid') return { error };
    if (error instanceof PerdureError && error.retryable && attempt < MAX_TRIES) throw error;
    const why = error instanceof PerdureError ? error.code : String(error);
    deps.logger.warn({ err: error, runId: run.id }, 'a result could not be brought into shape');
    return {
      error: new PerdureError(
        'result_invalid',
        `${wrong.join('; ')}; no model mended it (${why})`.slice(0, 2_000),
      ),
    };
  }
}
