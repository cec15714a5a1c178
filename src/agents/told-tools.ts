/** The tools that an agent may call, as models are told of them. */
import type { ToolDescription } from '../../contracts/api.js';
import { toolDescription } from './untrusted.js';

/** One line each. */
export const toldTools = (tools: readonly ToolDescription[]): string =>
  `The tools, with the JSON schemas of their arguments:\n${tools.map(describeTool).join('\n')}`;

const describeTool = (tool: ToolDescription): string =>
  JSON.stringify({
    name: tool.name,
    description: toolDescription(tool),
    effect: tool.effect,
    args: tool.inputSchema,
  });
