/** Supervision by a model, for the agents that have one; rules decide for the others, and where it does not answer. */
import type { Judgement } from '../../contracts/judgements.js';
import { PerdureError } from '../../contracts/errors.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { Logger } from '../ports/logger.js';
import type { Models } from '../ports/model.js';
import type { StepToJudge, Supervisor } from '../ports/supervisor.js';
import type { ToolCatalog } from '../ports/tool-catalog.js';
import { askForJson } from './ask-for-json.js';
import { SupervisorAnswers, supervisorAnswerSchema, toldAnswerSchema } from './supervisor-answer.js';
import { describeEnd, supervisorInstructions } from './supervisor-prompt.js';
import { byOnFailure } from './supervisor.js';

/** Tries of one decision. A run must not wait for a model that only comments on it. */
const MAX_TRIES = 3;

export function createSupervisor(deps: {
  models: Models;
  agents: AgentCatalog;
  tools: ToolCatalog;
  logger: Logger;
}): Supervisor {
  return {
    // What asks no model costs no activity, and no place in a budget.
    rule(name, of) {
      const models = deps.agents.find(name)?.models.supervisor ?? [];
      return models.length === 0 ? byOnFailure(of) : undefined;
    },

    async decide(of, run) {
      if (of.byRules !== undefined) return byRules(of, of.byRules);
      const loaded = await run.load();
      const agent = loaded === null ? undefined : deps.agents.find(loaded.agent);
      if (loaded === null || agent === undefined || agent.models.supervisor.length === 0)
        return byOnFailure(of);
      const tools = deps.tools.list().filter(({ name }) => agent.tools.includes(name));
      const answers = new SupervisorAnswers(of, loaded, agent, deps.tools);
      try {
        const answer = await askForJson({
          model: deps.models.of(agent.models.supervisor),
          instructions: supervisorInstructions(agent, tools),
          text: describeEnd(of, loaded),
          ...(run.draft === undefined ? {} : { draft: run.draft }),
          schema: supervisorAnswerSchema,
          answerSchema: toldAnswerSchema(tools),
          check: (given) => answers.faults(given),
          signal: run.signal,
          onUsage: run.onUsage,
        });
        return 'draft' in answer ? answer : answers.judgement(answer.value);
      } catch (error) {
        if (!(error instanceof PerdureError) || !error.code.startsWith('model_')) throw error;
        if (error.retryable && run.tries < MAX_TRIES) throw error;
        deps.logger.warn(
          { err: error, stepId: of.step.id },
          'the supervisor did not answer; the rules decide',
        );
        return byRules(of, `the supervisor gave ${error.code}`);
      }
    },
  };
}

function byRules(of: StepToJudge, why: string): Judgement {
  const ruled = byOnFailure(of);
  return { ...ruled, reason: `${ruled.reason} (by the rules, for ${why})` };
}
