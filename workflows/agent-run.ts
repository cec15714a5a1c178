/** One agent run: plan, carry out the steps, finish. The workflow's id is the run's. */
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Activities, RunOutcome } from '../contracts/activities.js';
import type { AgentRunInput, RunSnapshot } from '../contracts/messages.js';
import { CANCEL_SIGNAL, SNAPSHOT_QUERY, searchAttributes } from '../contracts/messages.js';
import { recordKeeping } from './activity-options.js';
import { errorOf } from './error-of.js';
import { picture } from './picture.js';
import { RunState } from './run-state.js';
import { StepRunner, type StepsOutcome } from './step-runner.js';
import { UnsentEvents } from './unsent-events.js';

const cancelSignal = defineSignal<[string | null]>(CANCEL_SIGNAL);
const snapshotQuery = defineQuery<RunSnapshot | null>(SNAPSHOT_QUERY);
const runStatus = defineSearchAttributeKey(searchAttributes.runStatus, 'KEYWORD');

const { planRun, finishRun } = proxyActivities<Activities>(recordKeeping('records'));

/**
 * @returns how many steps ended how; outputs are in the event log
 * @throws ApplicationFailure typed with the error's code when the run failed
 */
export async function agentRun(input: AgentRunInput): Promise<Omit<RunSnapshot, 'running' | 'waiting'>> {
  const { run } = input;
  const unsent = new UnsentEvents(input.carried?.unsent);
  const scope = () => ({ runId: run.id, tenantId: run.tenantId, unsent: unsent.all() });
  let state: RunState | undefined;
  const cancel: { reason: string | null } = { reason: input.carried?.cancelReason ?? null };

  // The signal carries the reason only; the cancellation itself is Temporal's own, so that one made in the
  // Web UI or by the temporal command line does just the same.
  setHandler(cancelSignal, (reason) => {
    cancel.reason = reason;
  });
  setHandler(snapshotQuery, () => state?.snapshot() ?? null);

  const finish = async (outcome: RunOutcome): Promise<void> => {
    const openSteps = state?.stop() ?? [];
    if (state !== undefined) setCurrentDetails(picture(run.goal, state));
    await CancellationScope.nonCancellable(() =>
      finishRun.executeWithOptions(recordKeeping(`finish: ${outcome.status}`), [
        { ...scope(), run, outcome, openSteps },
      ]),
    );
    upsertSearchAttributes([{ key: runStatus, value: outcome.status }]);
    await condition(allHandlersFinished);
  };

  let ended: StepsOutcome;
  try {
    if (input.carried === undefined) upsertSearchAttributes([{ key: runStatus, value: 'running' }]);
    const plan = input.carried?.plan ?? (await makePlan());
    if (plan === null) throw ApplicationFailure.nonRetryable('no plan was made', 'internal');
    state = new RunState(plan, input.carried?.steps);
    ended = await new StepRunner(input, plan, state, unsent).run();
    if (ended.status === 'continue-as-new') {
      await condition(allHandlersFinished);
      await continueAsNew<typeof agentRun>({
        run,
        plan: null,
        inputsData: null,
        tools: input.tools,
        carried: { plan, steps: state.carry(), unsent: unsent.all(), cancelReason: cancel.reason },
      });
    }
  } catch (error) {
    const failure = errorOf(error);
    if (failure === undefined) throw error;
    ended = failure === 'cancelled' ? { status: 'cancelled' } : { status: 'failed', error: failure };
  }

  if (ended.status === 'cancelled') {
    await finish({ status: 'cancelled', reason: cancel.reason });
    throw new CancelledFailure(cancel.reason ?? 'the run was cancelled');
  }
  if (ended.status === 'failed') {
    await finish({ status: 'failed', error: ended.error });
    throw ApplicationFailure.nonRetryable(ended.error.message, ended.error.code);
  }
  if (state === undefined) throw new Error('a run cannot complete without a plan');
  await finish({ status: 'completed', resultSteps: state.resultSteps() });
  const { total, completed, failed, skipped } = state.snapshot();
  return { total, completed, failed, skipped };

  async function makePlan() {
    const given = scope();
    const made = await planRun.executeWithOptions(
      recordKeeping(input.plan === null ? 'make a plan' : `plan of ${input.plan.steps.length} steps`),
      [{ ...given, run, plan: input.plan, inputsData: input.inputsData }],
    );
    unsent.settle(given.unsent);
    return made ?? input.plan;
  }
}
