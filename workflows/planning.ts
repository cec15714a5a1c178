/** A plan made by a model: asked, and asked once more where the first answer cannot be used. */
import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contracts/activities.js';
import type { AgentRunInput } from '../contracts/messages.js';
import type { Plan } from '../contracts/plan.js';
import { modelCalls, recordKeeping } from './activity-options.js';
import type { LoneCalls } from './lone-calls.js';
import type { UnsentEvents } from './unsent-events.js';

const { planRun } = proxyActivities<Activities>(recordKeeping('records'));

/** @throws what the activity throws, and as LoneCalls */
export async function makePlan(
  { run, inputsData }: AgentRunInput,
  calls: LoneCalls,
  unsent: UnsentEvents,
): Promise<Plan> {
  const ask = (mending?: true) => () =>
    unsent.keep((scope) =>
      planRun.executeWithOptions(modelCalls(mending ? 'mend the plan' : 'make a plan'), [
        { ...scope, run, plan: null, inputsData, ...(mending ? { mending } : {}) },
      ]),
    );
  const first = await calls.first(ask());
  const made = 'toMend' in first ? await calls.further(ask(true)) : first;
  if ('toMend' in made || made.plan === null)
    throw ApplicationFailure.nonRetryable('no plan was made', 'internal');
  return made.plan;
}
