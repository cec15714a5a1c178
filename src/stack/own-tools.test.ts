import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { PerdureError } from '../../contracts/errors.js';
import { createFakes } from '../api/testing/fakes.js';
import { ConfigError, readConfig } from '../config/env.js';
import { createToolRegistry } from '../tools/registry.js';
import { memoryFiles, toolContext } from '../tools/testing/tool-context.js';
import type { Tool } from '../tools/tool.js';
import { openTools } from './tools.js';

const example = path.resolve(import.meta.dirname, '../../examples/own-tool/tools');
let folders: string[] = [];
afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  folders = [];
});

async function load(files: Record<string, string>): Promise<Tool[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-own-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return (await openTools(readConfig({ PERDURE_TOOLS_DIR: folder }), createFakes().logger)).tools;
}

const tool = (more: string): string => `
import { defineTool, PerdureError, z } from 'perdure/tools';
export default defineTool({
  name: 'mine', description: 'Mine.', args: z.strictObject({ n: z.number() }), effect: 'read', timeoutSeconds: 5,
  execute: async ({ n }) => ({ output: n + 1 }), ${more}
});`;

test('the example is a tool like any other', async () => {
  const { tools } = await openTools(readConfig({ PERDURE_TOOLS_DIR: example }), createFakes().logger);
  expect(tools).toMatchObject([{ name: 'word_count', effect: 'read', source: 'folder' }]);
  const registry = createToolRegistry({ httpAllow: [], more: tools });
  const [counting] = tools;
  if (counting === undefined) throw new Error('it was just there');
  const files = memoryFiles({ 'a.txt': 'to be or not to be' });
  const args = registry.parseArgs(counting, { path: 'a.txt' });
  expect(await counting.execute(args, toolContext({ files }))).toEqual({
    output: { words: 6, distinct: 4, most: { word: 'to', times: 2 } },
  });
  expect(registry.checkArgs('word_count', { path: 5 })).toMatchObject([{ path: ['path'] }]);
  await expect(
    counting.execute(args, toolContext({ files: memoryFiles({ 'a.txt': ' ' }) })),
  ).rejects.toMatchObject({ code: 'tool_failed', message: 'a.txt has no words' });
});

test('a file may hold several, import what lies beside it, and throw our errors', async () => {
  const tools = await load({
    'other.ts': `import { PerdureError } from 'perdure/tools';
      export const fail = (why: string): never => { throw new PerdureError('tool_unavailable', why); };`,
    'mine.tool.ts': `import { defineTool, z } from 'perdure/tools';
      import path from 'node:path';
      import { little } from 'little';
      import { fail } from './other.js';
      const common = { description: 'x', args: z.strictObject({}), effect: 'irreversible' as const, timeoutSeconds: 5 };
      export default [
        defineTool({ ...common, name: 'one', execute: () => fail('away') }),
        defineTool({ ...common, name: 'two', execute: async () => ({ output: [path.sep, little, import.meta.url] }) }),
      ];`,
    'node_modules/little/package.json': '{"name":"little","exports":{"import":"./little.mjs"}}',
    'node_modules/little/little.mjs': 'export const little = "installed";',
    'notes.md': 'not a tool',
  });
  expect(tools.map(({ name }) => name)).toEqual(['one', 'two']);
  const thrown: unknown = await Promise.resolve()
    .then(() => tools[0]?.execute({}, toolContext()))
    .catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(PerdureError);
  expect(thrown).toMatchObject({ code: 'tool_unavailable', retryable: true });
  expect(await tools[1]?.execute({}, toolContext())).toMatchObject({
    output: ['/', 'installed', expect.stringContaining('mine.tool.ts') as string],
  });
});

test.each([
  ['export default 5;', 'must be a tool made by defineTool'],
  ['export const x = 1;', 'must be a tool made by defineTool'],
  ['export default [', 'Unexpected end of file'],
  ["import x from './nowhere.js'; export default x;", 'nowhere.js'],
  ["import x from 'no-such-package'; export default x;", 'no-such-package'],
  ["throw new Error('at its start'); export default 1;", 'at its start'],
  [tool("name: 'Not Good'"), 'lower-case'],
  [tool("effect: 'harmless' as never"), 'effect'],
  [tool("effect: 'irreversible', quick: true"), 'cannot be quick and irreversible'],
  [tool('args: {} as never'), 'args must be a schema'],
])('what is no tool stops the start, named: %#', async (text, message) => {
  const loading = load({ 'mine.tool.ts': text });
  await expect(loading).rejects.toThrow(ConfigError);
  await expect(loading).rejects.toThrow(/mine\.tool\.ts: /);
  await expect(loading).rejects.toThrow(message);
});

test('a name that is taken already stops the start', async () => {
  const more = await load({ 'echo.tool.ts': tool("name: 'echo'") });
  expect(() => createToolRegistry({ httpAllow: [], more })).toThrow('two tools called echo');
});

test('a folder that is named and is not there stops the start; one that nobody has named does not', async () => {
  const { logger } = createFakes();
  await expect(openTools(readConfig({ PERDURE_TOOLS_DIR: '/nowhere' }), logger)).rejects.toThrow(ConfigError);
  expect((await openTools(readConfig({}), logger)).tools).toEqual([]);
});
