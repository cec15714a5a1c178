/** A run's beginning: its record, its inputs, and a plan where none was given. */
import { activityInfo, cancellationDetails, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities, PlanRunInput } from '../contracts/activities.js';
import { PerdureError } from '../contracts/errors.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal, now } from './journal.js';
import { OutputStream } from './output-stream.js';
import { messagesOf } from './run-messages.js';
import { beginning, planCreated } from './run-ends.js';
import { notingCalls, pastCalls, Spending } from './spending.js';
import { isOutage, retryLater } from './to-failure.js';

/** Attempts that a plan gets whose model fails for a passing reason. */
const MAX_ATTEMPTS = 5;

/** Calls that one attempt makes: the second mends what the first said. */
const MAX_CALLS = 2;

/** By the tries, too: a worker that is killed has paid for a call that the next one pays again. */
const callKey = (tries: number, call: number): string => `plan/model/${tries}/${call}`;
const retryingKey = (attempt: number): string => `plan/retrying/${attempt}`;

export async function planRun(
  deps: ActivityDependencies,
  input: PlanRunInput,
): ReturnType<Activities['planRun']> {
  const journal = new Journal(deps, input, input.run);
  journal.holdFirst(...(await beginning(deps, input)));
  await journal.append();
  if (input.plan !== null) return { plan: null, spent: new Spending().total };

  const past = await deps.log.find(input.runId, [
    'plan/1',
    ...Array.from({ length: MAX_ATTEMPTS }, (_, i) => retryingKey(i + 1)),
    ...pastCalls(callKey, activityInfo().attempt, MAX_CALLS),
  ]);
  const spending = new Spending(past);
  // Made before, by an activity whose answer was lost: no model is paid twice for it.
  const made = past.find((event) => event.type === 'plan.created');
  if (made !== undefined) return { plan: made.plan, spent: spending.total };
  const attempt = past.filter(({ type }) => type === 'plan.retrying').length + 1;
  try {
    const plan = await makePlan(deps, input, { journal, spending, attempt });
    const [row] = (await journal.append(planCreated(plan, 'model'))).slice(-1);
    return { plan: row?.event.type === 'plan.created' ? row.event.plan : plan, spent: spending.total };
  } catch (error) {
    throw await judged(error, journal, attempt);
  }
}

async function makePlan(
  deps: ActivityDependencies,
  input: PlanRunInput,
  { journal, spending, attempt }: { journal: Journal; spending: Spending; attempt: number },
): ReturnType<ActivityDependencies['planner']['makePlan']> {
  const { attempt: tries } = activityInfo();
  const output = new OutputStream(deps.bus, input.runId, { attempt });
  if (tries > 1) output.write(null);
  try {
    return await deps.planner.makePlan({
      goal: input.run.goal,
      agent: input.run.agent,
      inputsData: input.inputsData,
      messages: await messagesOf(deps.log, input.runId),
      files: await deps.workspace.list(input),
      signal: cancellationSignal(),
      onText: (piece) => {
        output.write(piece);
      },
      onUsage: notingCalls(journal, spending, {
        role: 'planner',
        key: (call) => callKey(tries, call),
        of: { attempt },
      }),
    });
  } finally {
    output.flush();
  }
}

/** The error in Temporal's terms: what passes is tried again, but not for ever. */
async function judged(error: unknown, journal: Journal, attempt: number): Promise<unknown> {
  if (cancellationSignal().aborted) {
    if (cancellationDetails()?.cancelRequested === true) return cancellationSignal().reason;
    return retryLater(
      new PerdureError('worker_stopped', 'the worker was stopped while the plan was made'),
      0,
    );
  }
  if (!(error instanceof PerdureError) || isOutage(error) || !error.retryable) return error;
  if (attempt >= MAX_ATTEMPTS)
    return ApplicationFailure.nonRetryable(`${error.message} (attempt ${attempt})`, error.code);
  await journal.tryAppend({
    type: 'plan.retrying',
    key: retryingKey(attempt),
    at: now(),
    attempt,
    data: { error: error.toInfo(), nextAttempt: attempt + 1 },
  });
  return retryLater(error, attempt);
}
