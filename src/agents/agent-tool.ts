/** The tool `agent`: a step that is a loop of a model and the tools it may call. */
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { JsonValue } from '../../contracts/plan.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { Models } from '../ports/model.js';
import { defineTool, type Tool } from '../tools/tool.js';
import { AgentLoop } from './agent-loop.js';

/** Those of the registry, as far as a loop needs them. */
export interface CallableTools {
  list(): Tool[];
  get(name: string): Tool | undefined;
  /** @throws PerdureError `tool_invalid_args` */
  parseArgs(tool: Tool, args: Record<string, JsonValue>): unknown;
}

export interface AgentToolParts {
  models: Models;
  agents: AgentCatalog;
  tools: CallableTools;
}

export const AGENT_TOOL = 'agent';

const args = z.strictObject({
  task: z.string().trim().min(1).max(50_000),
  /** What it works on; not to be obeyed. */
  data: z.json().optional(),
  tools: z.array(z.string().min(1).max(100)).max(50).default([]),
  maxTurns: z.int().min(1).max(50).default(10),
  output: z.record(z.string(), z.json()).refine(isSchema, 'must be a JSON schema of an object').optional(),
});
export type AgentArgs = z.infer<typeof args>;

function isSchema(schema: Record<string, JsonValue>): boolean {
  try {
    z.fromJSONSchema(schema);
    return schema.type === 'object';
  } catch {
    return false;
  }
}

/** @param parts called when a step runs: the tools hold this one, too */
export const createAgentTool = (parts: () => AgentToolParts): Tool =>
  defineTool({
    name: AGENT_TOOL,
    description:
      'Gives a task to a language model that calls tools until it is done: for what cannot be planned ahead. ' +
      'task says what to do, data is what to work on, tools names those it may call (none unless told; no ' +
      'irreversible ones, no wait, no agent). At most maxTurns answers. With output, a JSON schema of an object, the ' +
      'answer fits it. Output: {text, turns}, or {value, turns} with output.',
    args,
    effect: 'reversible',
    timeoutSeconds: 1_800,
    async execute(given, context) {
      const { models, agents, tools } = parts();
      const name = await context.agentName();
      const agent = agents.find(name);
      if (agent === undefined)
        throw new PerdureError('unknown_agent', `this worker has no agent ${JSON.stringify(name)}`);
      const allowed = given.tools.map((tool) => allowedTool(tool, tools, agent.tools));
      const loop = new AgentLoop({
        model: models.of(agent.models.tool),
        instructions: agent.instructions,
        allowed,
        parseArgs: (tool, toolArgs) => tools.parseArgs(tool, toolArgs),
        args: given,
        context,
      });
      return { output: await loop.run() };
    },
  });

/** In code, whatever the plan or a model says: what cannot be undone is a step that people can be asked about. */
function allowedTool(name: string, tools: CallableTools, ofAgent: readonly string[]): Tool {
  const tool = tools.get(name);
  const refuse = (why: string): never => {
    throw new PerdureError('tool_invalid_args', `args.tools: ${JSON.stringify(name)} ${why}`);
  };
  if (tool === undefined) return refuse('is no tool');
  if (!ofAgent.includes(name)) return refuse('is none that this agent may call');
  if (tool.effect === 'irreversible') return refuse('is irreversible: make it a step of the plan');
  if (name === AGENT_TOOL || name === 'wait') return refuse('can be a step of the plan only');
  return tool;
}
