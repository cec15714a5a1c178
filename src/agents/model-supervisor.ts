/** Supervision by a model, for the agents that have one; rules decide for the others, and where it does not answer. */
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { Agent } from '../../contracts/agents.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { Logger } from '../ports/logger.js';
import type { Models } from '../ports/model.js';
import type { StepToJudge, SupervisedRun, Supervisor } from '../ports/supervisor.js';
import { askForJson } from './ask-for-json.js';
import { ruleSupervisor } from './supervisor.js';
import { toldMeanwhile } from './told.js';
import { asData, dataRule } from './untrusted.js';

/** Tries of one decision. A run must not wait for a model that only comments on it. */
const MAX_TRIES = 3;
const MAX_CHARACTERS = 8_000;

const answer = z.strictObject({
  decision: z.enum(['continue', 'stop']),
  reason: z.string().trim().min(1).max(1_000),
});

/** Where no agent has a supervisor of its own this is the rules, and costs no activity. */
export function createSupervisor(deps: { models: Models; agents: AgentCatalog; logger: Logger }): Supervisor {
  if (deps.agents.list().every(({ models }) => models.supervisor.length === 0)) return ruleSupervisor;
  return {
    async decide(of, run) {
      const loaded = await run.load();
      const agent = loaded === null ? undefined : deps.agents.find(loaded.agent);
      if (loaded === null || agent === undefined || agent.models.supervisor.length === 0)
        return ruleSupervisor.decide(of, run);
      try {
        return await askForJson({
          model: deps.models.of(agent.models.supervisor),
          instructions: instructionsFor(agent),
          text: describe(of, loaded),
          schema: answer,
          answerSchema: z.toJSONSchema(answer),
          check: () => [],
          signal: run.signal,
          onUsage: run.onUsage,
        });
      } catch (error) {
        if (!(error instanceof PerdureError) || !error.code.startsWith('model_')) throw error;
        if (error.retryable && run.tries < MAX_TRIES) throw error;
        deps.logger.warn(
          { err: error, stepId: of.step.id },
          'the supervisor did not answer; the rules decide',
        );
        const ruled = await ruleSupervisor.decide(of, run);
        return { ...ruled, reason: `${ruled.reason} (by the rules, for the supervisor gave ${error.code})` };
      }
    },
  };
}

const instructionsFor = ({ instructions }: Agent): string =>
  [
    'You supervise a run that carries out a plan. After each step you decide whether it goes on.',
    ...(instructions === '' ? [] : [`The agent that runs it was told:\n${instructions}`]),
    '"continue" lets the run go on. After a step that failed this skips the steps that depend on it. "stop" ends the ' +
      'run as failed at once. Stop only where going on cannot lead to the goal, or would do harm.',
    dataRule,
    'Answer with one JSON object and nothing else: {"decision": "continue" or "stop", "reason": "a sentence for people"}.',
  ].join('\n\n');

type Loaded = NonNullable<Awaited<ReturnType<SupervisedRun['load']>>>;

function describe(
  { step, error, dependants }: StepToJudge,
  { goal, plan, output, messages }: Loaded,
): string {
  const planned = plan?.steps.find(({ id }) => id === step.id);
  const steps = (plan?.steps ?? []).slice(0, 100).map(({ id, tool, title }) => `${id}: ${title ?? tool}`);
  const ended =
    error === null
      ? asData('its output', output === null ? 'null' : JSON.stringify(output), MAX_CHARACTERS)
      : asData('its error', `${error.code}: ${error.message}`, MAX_CHARACTERS);
  return [
    `The goal:\n${goal}`,
    ...toldMeanwhile(messages),
    asData('the steps of the plan', steps.join('\n'), MAX_CHARACTERS),
    `The step ${JSON.stringify(step.id)} (${planned?.tool ?? 'unknown tool'}) has ${error === null ? 'completed' : 'failed'}.`,
    ended,
    ...(error === null
      ? []
      : [
          `By the plan a failure of this step means: ${step.onFailure ?? 'stop'}. What depends on it: ${
            dependants.length === 0 ? 'not told' : dependants.join(', ')
          }.`,
        ]),
  ].join('\n\n');
}
