/** The activities over their dependencies; what a worker registers. */
import type { Activities, FinishRunInput, RunScope } from '../contracts/activities.js';
import { PerdureError } from '../contracts/errors.js';
import type { NewEvent } from '../contracts/events.js';
import type { JsonValue } from '../contracts/plan.js';
import type { ActivityDependencies } from './dependencies.js';
import { endOf, Journal, now, stepKeys } from './journal.js';
import { runTool } from './run-tool.js';
import { INPUTS_PATH, RESULT_PATH, storeOutput } from './step-output.js';
import { toFailure } from './to-failure.js';

/** Bytes of JSON that the run's record carries as its result. */
const INLINE_RESULT_BYTES = 64_000;
/** Keys in one question to the event log. */
const FIND_CHUNK = 500;

export function createActivities(deps: ActivityDependencies): Activities {
  const journal = (scope: RunScope): Journal => new Journal(deps, scope);
  return guarded({
    async planRun(input) {
      await deps.store.createRun(input.run);
      if (input.inputsData !== null)
        await deps.workspace.put(input, INPUTS_PATH, JSON.stringify(input.inputsData.value));
      await journal(input).append({ type: 'run.started', key: 'run.started', at: now(), data: {} });
      const plan = input.plan ?? (await deps.planner.makePlan(input.run.goal));
      await journal(input).append({
        type: 'plan.created',
        key: 'plan/1',
        at: now(),
        data: { plan, version: 1 },
      });
      return input.plan === null ? plan : null;
    },

    runTool: (input) => runTool(deps, input),

    async completeDeferred({ stepId, timer, ...scope }) {
      const { attempt, startedAt, until } = timer;
      await journal(scope).append({
        type: 'step.completed',
        key: stepKeys.end(stepId),
        at: now(),
        stepId,
        attempt,
        data: { output: { value: { until } }, durationMs: Math.max(0, Date.now() - Date.parse(startedAt)) },
      });
    },

    async failStep({ stepId, error, ...scope }) {
      const rows = await journal(scope).append({
        type: 'step.failed',
        key: stepKeys.end(stepId),
        at: now(),
        stepId,
        data: { error },
      });
      const recorded = endOf(rows, stepId) ?? error;
      return recorded === 'completed' ? null : recorded;
    },

    async superviseStep({ step, error, dependants, ...scope }) {
      const key = stepKeys.supervised(step.id);
      const decided = await deps.supervisor.decide({ step, error, dependants });
      const rows = await journal(scope).append({
        type: 'supervisor.decided',
        key,
        at: now(),
        stepId: step.id,
        data: decided,
      });
      const event = rows.find((row) => row.key === key)?.event;
      return event?.type === 'supervisor.decided'
        ? { decision: event.decision, reason: event.reason }
        : decided;
    },

    async finishRun(input) {
      const ends = [...input.openSteps.map(stoppedStep), await terminalEvent(deps, input)];
      try {
        await journal(input).append(...ends);
      } catch (error) {
        if (!(error instanceof PerdureError && error.code === 'run_not_found')) throw error;
        // The run ended before its record could be made.
        await deps.store.createRun(input.run);
        await journal(input).append(...ends);
      }
    },
  });
}

/** The end of a step that had begun and could not say itself how it ended. */
const stoppedStep = (stepId: string): NewEvent => ({
  type: 'step.failed',
  key: stepKeys.end(stepId),
  at: now(),
  stepId,
  data: { error: { code: 'cancelled', message: 'it was stopped with the run', retryable: false } },
});

async function terminalEvent(deps: ActivityDependencies, input: FinishRunInput): Promise<NewEvent> {
  const { outcome } = input;
  const event = { key: 'run/end', at: now() };
  switch (outcome.status) {
    case 'completed':
      return {
        ...event,
        type: 'run.completed',
        data: { result: await resultOf(deps, input, outcome.resultSteps) },
      };
    case 'failed':
      return { ...event, type: 'run.failed', data: { error: outcome.error } };
    case 'cancelled':
      return {
        ...event,
        type: 'run.cancelled',
        data: outcome.reason === null ? {} : { reason: outcome.reason },
      };
  }
}

/**
 * The output of the one step that nothing builds on, or an object of all such steps' outputs by id. A large
 * output is `{ref, bytes, preview}`, and so is a result that is large as a whole.
 */
async function resultOf(
  deps: ActivityDependencies,
  scope: FinishRunInput,
  steps: string[],
): Promise<JsonValue> {
  const outputs: Record<string, JsonValue> = {};
  for (let i = 0; i < steps.length; i += FIND_CHUNK)
    for (const event of await deps.log.find(scope.runId, steps.slice(i, i + FIND_CHUNK).map(stepKeys.end)))
      if (event.type === 'step.completed' && event.stepId !== undefined)
        outputs[event.stepId] = 'value' in event.output ? event.output.value : event.output;
  const only = steps.length === 1 ? outputs[steps[0] ?? ''] : undefined;
  const stored = await storeOutput(deps.workspace, scope, RESULT_PATH, only ?? outputs, INLINE_RESULT_BYTES);
  return 'value' in stored ? stored.value : stored;
}

/** Every activity throws in Temporal's terms. */
function guarded(activities: Activities): Activities {
  const guard =
    <Name extends keyof Activities>(name: Name) =>
    async (input: Parameters<Activities[Name]>[0]): Promise<Awaited<ReturnType<Activities[Name]>>> => {
      const activity = activities[name] as (of: typeof input) => ReturnType<Activities[Name]>;
      try {
        return await activity(input);
      } catch (error) {
        throw toFailure(error);
      }
    };
  return {
    planRun: guard('planRun'),
    runTool: guard('runTool'),
    completeDeferred: guard('completeDeferred'),
    failStep: guard('failStep'),
    superviseStep: guard('superviseStep'),
    finishRun: guard('finishRun'),
  };
}
