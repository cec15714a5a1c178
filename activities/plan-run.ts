/** A run's beginning: its record, its inputs, and a plan where none was given. */
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities, PlanRunInput } from '../contracts/activities.js';
import type { SpentInVain, Spent } from '../contracts/spent.js';
import { PerdureError } from '../contracts/errors.js';
import type { Draft } from '../src/ports/draft.js';
import type { PlanningTask } from '../src/ports/planner.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal, now } from './journal.js';
import { draftsOf } from './kept-files.js';
import { OutputStream } from './output-stream.js';
import { ModelAttempts } from './model-attempts.js';
import { messagesOf } from './run-messages.js';
import { beginning, planCreated } from './run-ends.js';
import { notingCalls, pastCalls, Spending } from './spending.js';
import { abortedWhile, isOutage, retryLater } from './to-failure.js';

/** Attempts that a plan gets whose model fails for a passing reason. */
const MAX_ATTEMPTS = 5;

/** By the tries, too: a worker that is killed has paid for a call that the next one pays again. */
const callKey = (tries: number, call: number): string => `plan/model/${tries}/${call}`;
const retryingKey = (attempt: number): string => `plan/retrying/${attempt}`;

/** Of the answer that is to be mended. */
const DRAFT = 'plan';

export async function planRun(
  deps: ActivityDependencies,
  input: PlanRunInput,
): ReturnType<Activities['planRun']> {
  const journal = new Journal(deps, input, input.run);
  journal.holdFirst(...(await beginning(deps, input)));
  await journal.append();
  if (input.plan !== null) return { plan: null, spent: new Spending().total };

  const { attempt: tries } = activityInfo();
  // The answer that mends another is the run's second call.
  const key = (tried: number): string => callKey(tried, input.mending === true ? 2 : 1);
  const past = await deps.log.find(input.runId, [
    'plan/1',
    ...Array.from({ length: MAX_ATTEMPTS }, (_, i) => retryingKey(i + 1)),
    ...pastCalls(key, tries, 1),
  ]);
  const spending = new Spending(past);
  // Made before, by an activity whose answer was lost: no model is paid twice for it.
  const made = past.find((event) => event.type === 'plan.created');
  if (made !== undefined) return { plan: made.plan, spent: spending.total };
  const drafts = draftsOf(deps.workspace, input);
  const draft = input.mending === true || tries > 1 ? await drafts.load<Draft>(DRAFT) : null;
  if (draft !== null && input.mending !== true) return { toMend: true, spent: spending.total };
  const attempt = past.filter(({ type }) => type === 'plan.retrying').length + 1;
  const onUsage = notingCalls(journal, spending, {
    role: 'planner',
    key: () => key(tries),
    of: { attempt },
  });
  try {
    const attempts = new ModelAttempts(
      deps.workspace,
      input,
      input.mending === true ? 'plan-mended' : 'plan',
      tries,
    );
    const answer = await attempts.make(spending, () => makePlan(deps, input, { draft, attempt, onUsage }));
    if ('draft' in answer) {
      await drafts.keep(DRAFT, answer.draft);
      return { toMend: true, spent: spending.total };
    }
    const [row] = (await journal.append(planCreated(answer.plan, 'model'))).slice(-1);
    return { plan: row?.event.type === 'plan.created' ? row.event.plan : answer.plan, spent: spending.total };
  } catch (error) {
    throw await judged(error, { journal, attempt, spent: spending.total });
  }
}

async function makePlan(
  deps: ActivityDependencies,
  input: PlanRunInput,
  { draft, attempt, onUsage }: { draft: Draft | null; attempt: number } & Pick<PlanningTask, 'onUsage'>,
): ReturnType<ActivityDependencies['planner']['makePlan']> {
  const { attempt: tries } = activityInfo();
  const output = new OutputStream(deps.bus, input.runId, { attempt });
  if (tries > 1 || draft !== null) output.write(null);
  try {
    return await deps.planner.makePlan({
      goal: input.run.goal,
      agent: input.run.agent,
      inputsData: input.inputsData,
      messages: await messagesOf(deps.log, input.runId),
      ...(draft === null ? {} : { draft }),
      files: await deps.workspace.list(input),
      signal: cancellationSignal(),
      onText: (piece) => {
        output.write(piece);
      },
      onUsage,
    });
  } finally {
    output.flush();
  }
}

/** The error in Temporal's terms: what passes is tried again, but not for ever. */
async function judged(
  error: unknown,
  { journal, attempt, spent }: { journal: Journal; attempt: number; spent: Spent },
): Promise<unknown> {
  if (cancellationSignal().aborted) return abortedWhile('the plan was made');
  if (!(error instanceof PerdureError) || isOutage(error)) return error;
  const inVain: SpentInVain = { spent };
  if (!error.retryable) return ApplicationFailure.nonRetryable(error.message, error.code, inVain);
  if (attempt >= MAX_ATTEMPTS)
    return ApplicationFailure.nonRetryable(`${error.message} (attempt ${attempt})`, error.code, inVain);
  await journal.tryAppend({
    type: 'plan.retrying',
    key: retryingKey(attempt),
    at: now(),
    attempt,
    data: { error: error.toInfo(), nextAttempt: attempt + 1 },
  });
  return retryLater(error, attempt);
}
