/** Own tools, from files that end in .tool.ts, .tool.js or .tool.mjs. */
import { z } from 'zod';
import type { Tool } from '../tools/tool.js';
import { loadFiles } from './load-files.js';

/** @throws ConfigError naming the file that is none */
export const loadOwnTools = async (files: readonly string[]): Promise<Tool[]> =>
  (await loadFiles(files, (exported) => [exported].flat().map(toolOf))).flat();

const described = z.looseObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be 1 to 64 lower-case letters, digits or "_"'),
  description: z.string().trim().min(1),
  effect: z.enum(['read', 'reversible', 'irreversible']),
  timeoutSeconds: z.number().positive().max(86_400),
  maxAttempts: z.int().min(1).max(100),
  quick: z.boolean(),
});

/** @throws Error for what defineTool has not made */
function toolOf(exported: unknown): Tool {
  const parsed = described.safeParse(exported);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `its default export must be a tool made by defineTool, or a list of them: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  const tool = exported as Tool;
  if (typeof tool.execute !== 'function') throw new Error(`${tool.name} has no function execute`);
  if (typeof (tool.args as { safeParse?: unknown } | undefined)?.safeParse !== 'function')
    throw new Error(`${tool.name}: args must be a schema made with z of perdure/tools`);
  if (tool.quick && tool.effect === 'irreversible')
    throw new Error(`${tool.name} cannot be quick and irreversible`);
  return { ...tool, source: 'folder' };
}
