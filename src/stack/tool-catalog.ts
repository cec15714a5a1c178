/** The tool registry as the API sees it. */
import { z } from 'zod';
import type { ToolCatalog } from '../ports/tool-catalog.js';
import type { ToolRegistry } from '../tools/registry.js';

export function toolCatalog(registry: ToolRegistry): ToolCatalog {
  const descriptions = registry
    .list()
    .map(({ name, description, effect, quick, timeoutSeconds, maxAttempts, args }) => ({
      name,
      description,
      effect,
      quick,
      timeoutSeconds,
      maxAttempts,
      inputSchema: z.toJSONSchema(args, { io: 'input', unrepresentable: 'any' }),
    }));
  return { list: () => descriptions, checkArgs: (name, args) => registry.checkArgs(name, args) };
}
