/** `template`: text from data by a Liquid template, in a thread of its own. */
import { z } from 'zod';
import { pathArg } from './path-arg.js';
import { runInThread } from './run-in-thread.js';
import { defineTool } from './tool.js';
import { valueOf } from './worker-answer.js';

export const templateTool = defineTool({
  name: 'template',
  description:
    'Renders a Liquid template with `data`. Output: {text, bytes}, or {path, bytes} when `saveAs` names a file. A ' +
    'variable that data lacks is an error; the usual Liquid tags and filters are there, includes are not.',
  args: z.strictObject({
    template: z.string().max(1_000_000),
    data: z.record(z.string(), z.json()).default({}),
    saveAs: pathArg().optional(),
  }),
  effect: 'reversible',
  timeoutSeconds: 30,
  quick: true,
  async execute({ template, data, saveAs }, context) {
    const answer = await runInThread({
      file: new URL('./template-worker.mjs', import.meta.url),
      data: { template, data },
      timeoutMs: 10_000,
      heapMb: 256,
      signal: context.signal,
    });
    const text = valueOf(answer, 'the template: ') as string;
    if (saveAs === undefined) return { output: { text, bytes: Buffer.byteLength(text) } };
    const info = await context.files.write(saveAs, text);
    return { output: { path: info.path, bytes: info.bytes } };
  },
});
