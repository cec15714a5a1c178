/** The tool registry as the API sees it. */
import type { ToolCatalog } from '../ports/tool-catalog.js';
import type { ToolRegistry } from '../tools/registry.js';
import { inputSchemaOf } from '../tools/tool.js';

export function toolCatalog(registry: ToolRegistry): ToolCatalog {
  const descriptions = registry.list().map((tool) => ({
    name: tool.name,
    description: tool.description,
    source: tool.source,
    effect: tool.effect,
    quick: tool.quick,
    timeoutSeconds: tool.timeoutSeconds,
    maxAttempts: tool.maxAttempts,
    inputSchema: inputSchemaOf(tool),
  }));
  return { list: () => descriptions, checkArgs: (name, args) => registry.checkArgs(name, args) };
}
