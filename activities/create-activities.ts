/** The activities over their dependencies; what a worker registers. */
import { activityInfo } from '@temporalio/activity';
import type { Activities } from '../contracts/activities.js';
import type { RunScope } from '../contracts/run-scope.js';
import type { Decision } from '../contracts/step-ends.js';
import type { StepOutput } from '../contracts/events.js';
import { makeAgentCall } from './agent-call.js';
import { openAgentStep, takeAgentTurn } from './agent-step.js';
import { carryOut } from './carry-out.js';
import { completeDelegate, openDelegate } from './delegate-step.js';
import type { ActivityDependencies } from './dependencies.js';
import { endOf, Journal, now, stepKeys } from './journal.js';
import { mendResult } from './mend-result.js';
import { planRun } from './plan-run.js';
import { reuseRun } from './reuse-run.js';
import { requestApproval } from './request-approval.js';
import { ending, noteFiles, recordedEnd } from './run-ends.js';
import { runTool } from './run-tool.js';
import { superviseStep } from './supervise-step.js';
import { outputPath, storeOutput } from './step-output.js';
import { recordedDecision, ruling } from './supervision.js';
import { toFailure } from './to-failure.js';

export function createActivities(deps: ActivityDependencies): Activities {
  const journal = (scope: RunScope): Journal => new Journal(deps, scope);
  /** The end of a step whose tool has nothing more to do. */
  const completed = async (
    scope: RunScope,
    stepId: string,
    attempt: number,
    data: { output: StepOutput; durationMs: number },
  ): Promise<Decision> => {
    const ruled = ruling(deps.supervisor, scope.agent, { id: stepId }, null, []);
    const rows = await journal(scope).append(
      { type: 'step.completed', key: stepKeys.end(stepId), at: now(), stepId, attempt, data },
      ...ruled.events,
    );
    return recordedDecision(rows, stepId) ?? ruled.decision;
  };
  return guarded({
    planRun: (input) => planRun(deps, input),

    reuseRun: (input) => reuseRun(deps, input),
    requestApproval: (input) => requestApproval(deps, input),

    async recordEvents(scope) {
      await journal(scope).append();
    },

    openAgentStep: (input) => openAgentStep(deps, input),
    takeAgentTurn: (input) => takeAgentTurn(deps, input),
    makeAgentCall: (input) => makeAgentCall(deps, input),
    openDelegate: (input) => openDelegate(deps, input),
    completeDelegate: (input) => completeDelegate(deps, input),
    runTool: (input) => runTool(deps, input),
    carryOut: (input) => carryOut(deps, input),

    completeDeferred({ stepId, timer: { attempt, startedAt, until }, ...scope }) {
      const durationMs = Math.max(0, Date.now() - Date.parse(startedAt));
      return completed(scope, stepId, attempt, { output: { value: { until } }, durationMs });
    },

    async completeByWord({ stepId, attempt, output, ...scope }) {
      const stored = await storeOutput(deps.workspace, scope, outputPath(stepId, attempt), output);
      return completed(scope, stepId, attempt, { output: stored, durationMs: 0 });
    },

    async failStep({ step, error, dependants, ...scope }) {
      const ruled = ruling(deps.supervisor, scope.agent, step, error, dependants);
      const rows = await journal(scope).append(
        { type: 'step.failed', key: stepKeys.end(step.id), at: now(), stepId: step.id, data: { error } },
        ...ruled.events,
      );
      const recorded = endOf(rows, step.id) ?? error;
      return {
        error: recorded === 'completed' ? null : recorded,
        decision: recordedDecision(rows, step.id) ?? ruled.decision,
      };
    },

    superviseStep: (input) => superviseStep(deps, input),
    mendResult: (input) => mendResult(deps, input),

    async finishRun(input) {
      const journal = new Journal(deps, input, input.run);
      // What could not be stored may be the very output that is the result.
      await journal.append();
      const end = await ending(deps, input);
      if (end === null) return { status: 'misshapen' };
      const rows = await journal.append(...end);
      await noteFiles(deps, input);
      return recordedEnd(rows, input.outcome);
    },
  });
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
        throw toFailure(error, activityInfo().attempt);
      }
    };
  return {
    requestApproval: guard('requestApproval'),
    reuseRun: guard('reuseRun'),
    recordEvents: guard('recordEvents'),
    planRun: guard('planRun'),
    openAgentStep: guard('openAgentStep'),
    takeAgentTurn: guard('takeAgentTurn'),
    makeAgentCall: guard('makeAgentCall'),
    openDelegate: guard('openDelegate'),
    completeDelegate: guard('completeDelegate'),
    runTool: guard('runTool'),
    carryOut: guard('carryOut'),
    completeDeferred: guard('completeDeferred'),
    completeByWord: guard('completeByWord'),
    failStep: guard('failStep'),
    superviseStep: guard('superviseStep'),
    finishRun: guard('finishRun'),
    mendResult: guard('mendResult'),
  };
}
