/** Tests of the tools `file_read`, `file_write` and `file_list`. */
import { expect, test } from 'vitest';
import type { JsonValue } from '../../contracts/plan.js';
import { fileListTool } from './file-list.js';
import { fileReadTool } from './file-read.js';
import { fileWriteTool } from './file-write.js';
import { memoryFiles, toolContext } from './testing/tool-context.js';
import type { Tool, ToolContext } from './tool.js';

const context = (): ToolContext => ({ ...toolContext(), files: memoryFiles() });

async function run(tool: Tool, args: unknown, on: ToolContext): Promise<JsonValue> {
  const result = await tool.execute(tool.args.parse(args), on);
  if (!('output' in result)) throw new Error('deferred');
  return result.output;
}

test('what is written can be read and is listed', async () => {
  const on = context();
  expect(await run(fileWriteTool, { path: 'a/ü.txt', content: 'grüß' }, on)).toEqual({
    path: 'a/ü.txt',
    bytes: 6,
  });
  expect(await run(fileReadTool, { path: 'a/ü.txt' }, on)).toEqual({
    path: 'a/ü.txt',
    bytes: 6,
    content: 'grüß',
  });
  await run(fileWriteTool, { path: 'b.bin', contentBase64: '/wA=' }, on);
  expect(await run(fileReadTool, { path: 'b.bin', encoding: 'base64' }, on)).toMatchObject({
    content: '/wA=',
  });
  await run(fileWriteTool, { path: 'a/null.json', json: null }, on);
  expect(await run(fileReadTool, { path: 'a/null.json' }, on)).toMatchObject({ content: 'null\n' });
  const listed = (await run(fileListTool, { prefix: 'a/' }, on)) as { files: Record<string, JsonValue>[] };
  expect(listed.files.map((file) => file.path)).toEqual(['a/null.json', 'a/ü.txt']);
  expect(Object.keys(listed.files[0] ?? {})).toEqual(['path', 'bytes', 'modifiedAt']);
});

test('an empty file can be written', async () => {
  expect(await run(fileWriteTool, { path: 'empty', content: '' }, context())).toEqual({
    path: 'empty',
    bytes: 0,
  });
});

test('a large file is refused with a way out', async () => {
  const on = context();
  await on.files.write('big.txt', 'x'.repeat(300_000));
  await expect(run(fileReadTool, { path: 'big.txt' }, on)).rejects.toMatchObject({
    code: 'tool_limit_exceeded',
    message: expect.stringMatching(/maxBytes.*sql/) as unknown,
  });
  expect(await run(fileReadTool, { path: 'big.txt', maxBytes: 300_000 }, on)).toMatchObject({
    bytes: 300_000,
  });
});

test('bytes that are no text are refused as text', async () => {
  const on = context();
  await on.files.write('b.bin', Uint8Array.of(0xff, 0xfe));
  await expect(run(fileReadTool, { path: 'b.bin' }, on)).rejects.toMatchObject({
    code: 'tool_failed',
    message: expect.stringContaining('base64') as unknown,
  });
});

test('a missing file is said to be missing', async () => {
  await expect(run(fileReadTool, { path: 'none' }, context())).rejects.toMatchObject({
    code: 'file_not_found',
  });
});

test.each([
  ['no content', { path: 'a' }],
  ['two contents', { path: 'a', content: 'x', json: 1 }],
  ['broken base64', { path: 'a', contentBase64: '*' }],
  ['a path out of the workspace', { path: '../a', content: 'x' }],
  ['the system folder', { path: '.perdure/a', content: 'x' }],
])('file_write refuses %s', (_, args) => {
  expect(fileWriteTool.args.safeParse(args).success).toBe(false);
});

test('an aborted signal stops each of them', async () => {
  const on = { ...context(), signal: AbortSignal.abort(new Error('stop')) };
  await expect(run(fileReadTool, { path: 'a' }, on)).rejects.toThrow('stop');
  await expect(run(fileWriteTool, { path: 'a', content: '' }, on)).rejects.toThrow('stop');
  await expect(run(fileListTool, {}, on)).rejects.toThrow('stop');
});
