/** `template`: text from data by a Liquid template. */
import { Liquid, LiquidError } from 'liquidjs';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import { pathArg } from './path-arg.js';
import { defineTool } from './tool.js';

const refused = (): never => {
  throw new PerdureError('tool_failed', 'a template cannot include other files');
};
const engine = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  relativeReference: false,
  parseLimit: 1_000_000,
  // Rendering holds the process up, heartbeats included: no more than this many milliseconds.
  renderLimit: 1_000,
  memoryLimit: 50_000_000,
  fs: {
    exists: () => Promise.resolve(false),
    existsSync: () => false,
    readFile: refused,
    readFileSync: refused,
    resolve: (_root, file) => file,
    contains: () => Promise.resolve(false),
    containsSync: () => false,
    sep: '/',
  },
});

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
  async execute({ template, data, saveAs }, context) {
    const text = await render(template, data);
    if (saveAs === undefined) return { output: { text, bytes: Buffer.byteLength(text) } };
    const info = await context.files.write(saveAs, text);
    return { output: { path: info.path, bytes: info.bytes } };
  },
});

async function render(template: string, data: Record<string, unknown>): Promise<string> {
  try {
    return String(await engine.parseAndRender(template, data));
  } catch (error) {
    if (!LiquidError.is(error)) throw error;
    const limit = /(?:parse|render|memory alloc|template) limit/i.test(error.message);
    throw new PerdureError(limit ? 'tool_limit_exceeded' : 'tool_failed', `the template: ${error.message}`, {
      cause: error,
    });
  }
}
