/** The tool `file_write`: writes one file of the run's workspace whole. */
import { z } from 'zod';
import { pathArg } from './path-arg.js';
import { defineTool } from './tool.js';

const args = z
  .strictObject({
    path: pathArg(),
    content: z.string().optional(),
    contentBase64: z.base64({ error: 'must be base64' }).optional(),
    json: z.json().optional(),
  })
  .refine(
    ({ content, contentBase64, json }) =>
      [content, contentBase64, json].filter((c) => c !== undefined).length === 1,
    { error: 'needs exactly one of content, contentBase64 and json' },
  );

export const fileWriteTool = defineTool({
  name: 'file_write',
  description:
    'Writes a file of the run, replacing what was there. Give exactly one of content (text), contentBase64 ' +
    '(bytes) and json (any value, written as indented JSON). Output: {path, bytes}.',
  args,
  effect: 'reversible',
  timeoutSeconds: 60,
  quick: true,
  async execute({ path, content, contentBase64, json }, { files, signal }) {
    signal.throwIfAborted();
    const body =
      content ??
      (contentBase64 === undefined
        ? `${JSON.stringify(json, null, 2)}\n`
        : Buffer.from(contentBase64, 'base64'));
    const written = await files.write(path, body);
    return { output: { path: written.path, bytes: written.bytes } };
  },
});
