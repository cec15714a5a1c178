/** Tools and agents to choose from. */
import type { Agent } from '../../../contracts/agents.js';
import type { AgentCatalog } from '../../ports/agent-catalog.js';
import type { ToolCatalog } from '../../ports/tool-catalog.js';

/** echo takes anything; write_file wants a path of type string. */
export const fakeTools: ToolCatalog = {
  list: () =>
    ['echo', 'write_file'].map((name) => ({
      name,
      description: `does ${name}`,
      source: 'built-in',
      effect: 'read',
      quick: true,
      timeoutSeconds: 30,
      maxAttempts: 5,
      inputSchema: { type: 'object' },
    })),
  checkArgs(name, args) {
    if (name === 'echo') return [];
    if (name !== 'write_file') return undefined;
    return typeof args.path === 'string' ? [] : [{ path: ['path'], message: 'must be a string' }];
  },
};

/** One without a model, one that plans and may only echo, and one that plans and may be told to ask nobody. */
const agents: Agent[] = [
  {
    name: 'default',
    description: 'does anything',
    instructions: '',
    models: { planner: [], supervisor: [], tool: [] },
    tools: ['echo', 'write_file'],
    maxSteps: 50,
    approvals: 'never',
    supervision: { maxChanges: 10, maxSteps: 50 },
    hosts: [],
    output: null,
  },
  {
    name: 'echoer',
    description: 'echoes',
    instructions: 'secret instructions',
    models: { planner: ['openai:m'], supervisor: [], tool: [] },
    tools: ['echo'],
    maxSteps: 5,
    approvals: 'irreversible',
    supervision: { maxChanges: 10, maxSteps: 50 },
    hosts: [],
    output: null,
  },
  {
    name: 'planner',
    description: 'plans',
    instructions: '',
    models: { planner: ['openai:m'], supervisor: [], tool: [] },
    tools: ['echo'],
    maxSteps: 5,
    approvals: 'never',
    supervision: { maxChanges: 10, maxSteps: 50 },
    hosts: [],
    output: null,
  },
];
export const fakeAgents: AgentCatalog = {
  list: () => agents,
  find: (name) => agents.find((agent) => agent.name === name),
};
