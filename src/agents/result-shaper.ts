/** A run's result by the output schema of its agent: checked, and mended once by a model. */
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import { fieldError, pathErrors } from '../../contracts/field-errors.js';
import type { JsonValue } from '../../contracts/plan.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { Models } from '../ports/model.js';
import type { ResultShaper } from '../ports/result-shaper.js';
import { askForJson } from './ask-for-json.js';
import { asData, dataRule } from './untrusted.js';

/** Of a result that a model is given to mend; larger ones are not. */
const MAX_CHARACTERS = 100_000;
const MAX_LINES = 20;

export function createResultShaper(deps: { models: Models; agents: AgentCatalog }): ResultShaper {
  const schemas = new Map(
    deps.agents
      .list()
      .flatMap(({ name, output }): [string, z.ZodType][] =>
        output === null ? [] : [[name, z.fromJSONSchema(output)]],
      ),
  );
  const check = (name: string, result: JsonValue): string[] => {
    const parsed = schemas.get(name)?.safeParse(result);
    if (parsed === undefined || parsed.success) return [];
    return pathErrors(parsed.error.issues, result)
      .slice(0, MAX_LINES)
      .map((error) => {
        const { field, message } = fieldError(error);
        return field === '' ? message : `${field} ${message}`;
      });
  };
  return {
    isShaped: (name) => schemas.has(name),
    check,
    async mend({ agent: name, goal, result, wrong, signal, onUsage }) {
      const agent = deps.agents.find(name);
      const schema = schemas.get(name);
      const text = JSON.stringify(result);
      const names =
        agent === undefined || agent.models.tool.length > 0 ? agent?.models.tool : agent.models.planner;
      if (agent?.output == null || schema === undefined) throw invalid(wrong);
      if (names === undefined || names.length === 0 || text.length > MAX_CHARACTERS) throw invalid(wrong);
      const answer = await askForJson({
        model: deps.models.of(names),
        instructions: [
          'The result of a run does not fit the JSON schema that it must fit. Answer with the same result in the ' +
            'right shape: one JSON value and nothing else. Add nothing that is not in it.',
          ...(agent.instructions === '' ? [] : [`The agent that ran it was told:\n${agent.instructions}`]),
          dataRule,
          `The schema:\n${JSON.stringify(agent.output)}`,
        ].join('\n\n'),
        text: [
          `The goal was:\n${goal}`,
          asData('the result', text, MAX_CHARACTERS),
          `What is wrong with it:\n${wrong.map((line) => `- ${line}`).join('\n')}`,
        ].join('\n\n'),
        schema: schema as z.ZodType<JsonValue>,
        answerSchema: agent.output,
        check: () => [],
        signal,
        onUsage,
      });
      if ('value' in answer) return answer.value;
      throw invalid([...wrong, `a model could not mend it: ${answer.draft.wrong.join('; ')}`]);
    },
  };
}

const invalid = (wrong: readonly string[]): PerdureError =>
  new PerdureError('result_invalid', wrong.join('; ').slice(0, 2_000));
