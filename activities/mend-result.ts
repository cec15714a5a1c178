/** A result that is not of the shape that its run's agent promises: a model is asked, once, to bring it into that. */
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { Activities } from '../contracts/activities.js';
import type { MendResultInput } from '../contracts/run-endings.js';
import { PerdureError } from '../contracts/errors.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal } from './journal.js';
import { ModelAttempts } from './model-attempts.js';
import { keepMended, mendedResult, wholeResult } from './run-result.js';
import { notingCalls, pastCalls, Spending } from './spending.js';
import { abortedWhile, isOutage } from './to-failure.js';

const MAX_TRIES = 3;

const callKey = (tries: number): string => `run/shape/${tries}`;

export async function mendResult(
  deps: ActivityDependencies,
  input: MendResultInput,
): ReturnType<Activities['mendResult']> {
  const { run, resultSteps } = input;
  const journal = new Journal(deps, input, run);
  await journal.append();
  const { attempt: tries } = activityInfo();
  const spending = new Spending(await deps.log.find(input.runId, pastCalls(callKey, tries, 1)));
  // Mended before, by an activity whose answer was lost.
  if (tries > 1 && (await mendedResult(deps.workspace, input)) !== null)
    return { error: null, spent: spending.total };
  const result = await wholeResult(deps, input, resultSteps);
  const wrong = deps.shaper.check(run.agent, result);
  const onUsage = notingCalls(journal, spending, { role: 'tool', key: () => callKey(tries) });
  try {
    const { agent, goal } = run;
    const signal = cancellationSignal();
    const attempts = new ModelAttempts(deps.workspace, input, 'result', tries);
    const mended = await attempts.make(spending, () =>
      deps.shaper.mend({ agent, goal, result, wrong, signal, onUsage }),
    );
    await keepMended(deps.workspace, input, mended);
    return { error: null, spent: spending.total };
  } catch (error) {
    if (cancellationSignal().aborted) throw abortedWhile('the result was mended');
    if (isOutage(error)) throw error;
    const known = error instanceof PerdureError ? error : undefined;
    if (known?.retryable === true && tries < MAX_TRIES) throw error;
    if (known?.code !== 'result_invalid')
      deps.logger.warn({ err: error, runId: run.id }, 'a result could not be brought into shape');
    const failure = known?.code === 'result_invalid' ? known : notMended(wrong, known?.code ?? String(error));
    return { error: failure.toInfo(), spent: spending.total };
  }
}

const notMended = (wrong: readonly string[], why: string): PerdureError =>
  new PerdureError('result_invalid', `${wrong.join('; ')}; no model mended it (${why})`.slice(0, 2_000));
