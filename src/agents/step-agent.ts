/** StepAgent over the models: what a step's model is told, with no more tools than it was given. */
import { z } from 'zod';
import { asksFor } from '../../contracts/asking.js';
import { PerdureError } from '../../contracts/errors.js';
import { AGENT_TOOL, DELEGATE_TOOL } from '../../contracts/loop-tools.js';
import type { Agent } from '../../contracts/agents.js';
import type { JsonValue } from '../../contracts/plan.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { ModelAnswer, ModelMessage, Models } from '../ports/model.js';
import type { AgentTask, AgentTurn, CallOutcome, StepAgent } from '../ports/step-agent.js';
import { inputSchemaOf, type Tool } from '../tools/tool.js';
import { agentArgsSchema, type AgentArgs } from './agent-tool.js';
import { readAnswer } from './answer-json.js';
import { toldMeanwhile } from './told.js';
import { asData, dataRule, toolDescription } from './untrusted.js';

/** Characters of one tool's result that the model reads, and of the data of its task. */
const MAX_RESULT_CHARACTERS = 20_000;
const MAX_DATA_CHARACTERS = 100_000;
/** Faults of an answer that go back to the model. */
const MAX_LINES = 20;

export interface StepAgentParts {
  models: Models;
  agents: AgentCatalog;
  tools: { get(name: string): Tool | undefined };
}

export function createStepAgent(parts: StepAgentParts): StepAgent {
  const open = (task: AgentTask) => {
    const agent = parts.agents.find(task.agent);
    if (agent === undefined)
      throw new PerdureError('unknown_agent', `this worker has no agent ${JSON.stringify(task.agent)}`);
    const args = agentArgsSchema.parse(task.args);
    return { agent, args, tools: args.tools.map((name) => allowedTool(name, parts.tools, agent.tools)) };
  };
  return {
    open(task) {
      const { args, tools } = open(task);
      return { maxTurns: args.maxTurns, tools: tools.map(({ name }) => name) };
    },

    async answer(task, past, { messages, signal, onText, onBroken }) {
      const { agent, args, tools } = open(task);
      const model = parts.models.of(agent.models.tool);
      const answer = await model.answer({
        instructions: instructionsFor(agent, args),
        messages: [
          ...conversation(args, past),
          ...toldMeanwhile(messages).map((text) => ({ role: 'user', text }) as const),
        ],
        tools: tools.map((tool) => ({
          name: tool.name,
          description: toolDescription(tool),
          inputSchema: inputSchemaOf(tool),
        })),
        ...(args.output === undefined ? {} : { answerSchema: args.output }),
        signal,
        onText,
        onBroken,
      });
      const turn = { text: answer.text, calls: answer.calls };
      if (answer.calls.length > 0) return { turn, output: null, usage: answer.usage };
      const read = readEnd(answer, args);
      if ('value' in read)
        return { turn, output: { ...read.value, turns: past.length + 1 }, usage: answer.usage };
      const wrong = read.wrong.slice(0, MAX_LINES);
      return { turn: { ...turn, wrong }, output: null, usage: answer.usage };
    },
  };
}

/** In code, whatever the plan or a model says. */
function allowedTool(name: string, tools: StepAgentParts['tools'], ofAgent: readonly string[]): Tool {
  const tool = tools.get(name);
  const refuse = (why: string): never => {
    throw new PerdureError('tool_invalid_args', `args.tools: ${JSON.stringify(name)} ${why}`);
  };
  if (tool === undefined) return refuse('is no tool');
  if (!ofAgent.includes(name)) return refuse('is none that this agent may call');
  if (name === AGENT_TOOL || name === DELEGATE_TOOL || name === 'wait' || asksFor(name) !== undefined)
    return refuse('can be a step of the plan only');
  return tool;
}

function conversation(args: AgentArgs, past: readonly AgentTurn[]): ModelMessage[] {
  const messages: ModelMessage[] = [{ role: 'user', text: firstMessage(args) }];
  for (const { text, calls, wrong, outcomes } of past) {
    messages.push({ role: 'assistant', text: text === '' && calls.length === 0 ? '(nothing)' : text, calls });
    for (const [i, { id, tool }] of calls.entries())
      messages.push({ role: 'tool', callId: id, tool, result: resultOf(tool, outcomes[i]) });
    if (wrong !== undefined)
      messages.push({
        role: 'user',
        text: `This cannot be used:\n${wrong.map((line) => `- ${line}`).join('\n')}\nAnswer again, whole and corrected.`,
      });
  }
  return messages;
}

function resultOf(tool: string, outcome: CallOutcome | undefined): string {
  if (outcome === undefined) return asData(`failure of ${tool}`, 'it was not called', MAX_RESULT_CHARACTERS);
  const result =
    'output' in outcome
      ? asData(`result of ${tool}`, outcome.output, MAX_RESULT_CHARACTERS)
      : asData(
          `failure of ${tool}`,
          `${outcome.error.code}: ${outcome.error.message}`,
          MAX_RESULT_CHARACTERS,
        );
  if (outcome.args === undefined) return result;
  return `${asData(`arguments of ${tool} as a person has changed them`, JSON.stringify(outcome.args), MAX_RESULT_CHARACTERS)}\n${result}`;
}

function readEnd(
  answer: ModelAnswer,
  { output }: AgentArgs,
): { value: Record<string, JsonValue> } | { wrong: string[] } {
  if (output !== undefined) {
    const read = readAnswer(answer, z.fromJSONSchema(output));
    return 'value' in read ? { value: { value: read.value as JsonValue } } : read;
  }
  if (answer.text.trim() === '') return { wrong: ['the answer was empty'] };
  if (answer.isCut) return { wrong: ['the answer was cut off at your limit of length: write less'] };
  return { value: { text: answer.text } };
}

const instructionsFor = ({ instructions }: Agent, { output }: AgentArgs): string =>
  [
    'You carry out one task. Call tools where you need them; when the task is done, answer without calling any.',
    ...(instructions === '' ? [] : [instructions]),
    dataRule,
    ...(output === undefined
      ? []
      : [
          `Your answer is one JSON object that fits this schema, and nothing else:\n${JSON.stringify(output)}`,
        ]),
  ].join('\n\n');

const firstMessage = ({ task, data }: AgentArgs): string =>
  data === undefined
    ? task
    : `${task}\n\n${asData('what the task is about', typeof data === 'string' ? data : JSON.stringify(data), MAX_DATA_CHARACTERS)}`;
