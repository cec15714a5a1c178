/** The planner: a goal, an agent, its tools and what lies in the workspace become a plan that can run. */
import { z } from 'zod';
import type { Agent } from '../../contracts/agents.js';
import type { ToolDescription } from '../../contracts/api.js';
import { checkPlan } from '../../contracts/check-plan.js';
import { PerdureError } from '../../contracts/errors.js';
import { planSchema, planStepSchema } from '../../contracts/plan.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { Models } from '../ports/model.js';
import type { Planner, PlanningTask } from '../ports/planner.js';
import type { ToolCatalog } from '../ports/tool-catalog.js';
import { askForJson } from './ask-for-json.js';
import { guardPlan } from './model-made-plan.js';
import { toldMeanwhile } from './told.js';
import { toldTools } from './told-tools.js';
import { asData, dataRule } from './untrusted.js';

/** Files that the model is told of, and characters of the inputs. */
const MAX_FILES = 200;
const MAX_INPUT_CHARACTERS = 20_000;

export function createPlanner(deps: { models: Models; agents: AgentCatalog; tools: ToolCatalog }): Planner {
  return {
    async makePlan(task) {
      const agent = deps.agents.find(task.agent);
      if (agent === undefined)
        throw new PerdureError('unknown_agent', `this worker has no agent ${JSON.stringify(task.agent)}`);
      const tools = deps.tools.list().filter(({ name }) => agent.tools.includes(name));
      const schema = planSchema.extend({ steps: planSchema.shape.steps.max(agent.maxSteps) });
      const answer = await askForJson({
        model: deps.models.of(agent.models.planner),
        instructions: instructionsFor(agent, tools),
        text: describe(task),
        ...(task.draft === undefined ? {} : { draft: task.draft }),
        schema,
        answerSchema: answerSchema(agent, tools),
        // The tools are the agent's, whatever the model was talked into.
        check: (plan) =>
          checkPlan(plan, task.inputsData?.value, (tool, args) =>
            agent.tools.includes(tool) ? deps.tools.checkArgs(tool, args) : undefined,
          ).map(({ field, message }) => `${field.replace(/^plan\./, '')}: ${message}`),
        signal: task.signal,
        onText: task.onText,
        onUsage: task.onUsage,
      });
      return 'draft' in answer ? answer : { plan: guardPlan(answer.value, { agent, goal: task.goal }) };
    },
  };
}

const instructionsFor = (agent: Agent, tools: readonly ToolDescription[]): string =>
  [
    'You are the planner of a system that carries out plans without you. Make a plan for the goal you are given: a ' +
      'graph of steps, each a call of one tool.',
    ...(agent.instructions === '' ? [] : [agent.instructions]),
    rules(agent.maxSteps),
    ...(agent.output === null
      ? []
      : [`The result of the run must fit this JSON schema:\n${JSON.stringify(agent.output)}`]),
    dataRule,
    toldTools(tools),
  ].join('\n\n');

const rules = (maxSteps: number): string => `Rules:
- Answer with one JSON object, {"steps": [...]}, and nothing else. At most ${maxSteps} steps; as few as do the job.
- A step has "id" (letters, digits, "_" and "-"), "title" (a few words for people), "tool" and "args".
- A step that needs what another one put out refers to it in its args: "{{steps.ID.output.path}}", by the output that
  the tool's description names. A string that is one reference and nothing else becomes the value itself.
- "{{inputs.data.path}}" stands for a value of the inputs.
- "dependsOn" lists steps that must be done before, beside those that args refer to. What depends on nothing runs at once.
- "onFailure": "continue" lets the run go on when the step fails; without it the run stops.
- A step that reads from a host which the goal does not name waits for a person: where you can, use those that it names.
- Use only the tools below, with exactly the arguments that their schemas allow. Paths are relative to the workspace.
- The result of the run is the output of the last step.`;

/** Kept simple: what it cannot say is checked afterwards, and told in words. */
const answerSchema = (agent: Agent, tools: readonly ToolDescription[]): Record<string, unknown> =>
  z.toJSONSchema(
    z.object({
      steps: z
        .array(
          z.object({
            id: z.string(),
            title: planStepSchema.shape.title,
            tool: z.enum(tools.map(({ name }) => name)),
            args: z.looseObject({}),
            dependsOn: z.array(z.string()).optional(),
            onFailure: planStepSchema.shape.onFailure,
          }),
        )
        .min(1)
        .max(agent.maxSteps),
      maxParallel: z.int().min(1).max(50).optional(),
    }),
  );

function describe({ goal, files, inputsData, messages }: PlanningTask): string {
  const listing = files
    .slice(0, MAX_FILES)
    .map(({ path, bytes }) => `${path} (${bytes} bytes)`)
    .join('\n');
  const more = files.length > MAX_FILES ? `\n… and ${files.length - MAX_FILES} more` : '';
  return [
    `The goal:\n${goal}`,
    ...toldMeanwhile(messages),
    files.length === 0
      ? 'The workspace is empty.'
      : asData('files of the workspace', `${listing}${more}`, MAX_INPUT_CHARACTERS),
    ...(inputsData === null
      ? []
      : [asData('inputs.data', JSON.stringify(inputsData.value), MAX_INPUT_CHARACTERS)]),
  ].join('\n\n');
}
