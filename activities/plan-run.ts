/** A run's beginning: its record, its inputs, and a plan where none was given. */
import { activityInfo, cancellationDetails, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { PlanRunInput } from '../contracts/activities.js';
import { PerdureError } from '../contracts/errors.js';
import type { Plan } from '../contracts/plan.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal, now } from './journal.js';
import { OutputStream } from './output-stream.js';
import { beginning, planCreated } from './run-ends.js';
import { isOutage, retryLater } from './to-failure.js';

/** Attempts that a plan gets whose model fails for a passing reason. */
const MAX_ATTEMPTS = 5;

const retryingKey = (attempt: number): string => `plan/retrying/${attempt}`;

/** @returns the plan that was made; null when it is the given one */
export async function planRun(deps: ActivityDependencies, input: PlanRunInput): Promise<Plan | null> {
  const journal = new Journal(deps, input, input.run);
  await journal.append(...(await beginning(deps, input)));
  if (input.plan !== null) return null;

  const past = await deps.log.find(input.runId, [
    'plan/1',
    ...Array.from({ length: MAX_ATTEMPTS }, (_, i) => retryingKey(i + 1)),
  ]);
  // Made before, by an activity whose answer was lost: no model is paid twice for it.
  const made = past.find((event) => event.type === 'plan.created');
  if (made !== undefined) return made.plan;
  const attempt = past.length + 1;
  try {
    const plan = await makePlan(deps, input, journal, attempt);
    const [row] = (await journal.append(planCreated(plan))).slice(-1);
    return row?.event.type === 'plan.created' ? row.event.plan : plan;
  } catch (error) {
    throw await judged(error, journal, attempt);
  }
}

async function makePlan(
  deps: ActivityDependencies,
  input: PlanRunInput,
  journal: Journal,
  attempt: number,
): Promise<Plan> {
  const { attempt: tries } = activityInfo();
  const output = new OutputStream(deps.bus, input.runId, { attempt });
  if (tries > 1) output.write(null);
  let calls = 0;
  try {
    return await deps.planner.makePlan({
      goal: input.run.goal,
      agent: input.run.agent,
      inputsData: input.inputsData,
      files: await deps.workspace.list(input),
      signal: cancellationSignal(),
      onText: (piece) => {
        output.write(piece);
      },
      onUsage: (usage) => {
        calls += 1;
        return journal.tryAppend({
          type: 'model.called',
          // By the tries, too: a worker that is killed has paid for a call that the next one pays again.
          key: `plan/model/${tries}/${calls}`,
          at: now(),
          attempt,
          data: { role: 'planner', ...usage },
        });
      },
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
