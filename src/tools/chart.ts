/** `chart`: a Vega-Lite specification drawn as SVG. */
import os from 'node:os';
import { z } from 'zod';
import { pathArg } from './path-arg.js';
import { runInProcess } from './run-in-process.js';
import { defineTool } from './tool.js';
import { valueOf } from './worker-answer.js';

const size = (fallback: number) => z.int().min(50).max(4_000).default(fallback);

export const chartTool = defineTool({
  name: 'chart',
  description:
    'Draws a Vega-Lite specification as an SVG file. `data` is a list of row objects (such as the rows of the sql ' +
    'tool) and takes the place of the specification’s data; nothing is loaded from addresses, and links and ' +
    'images are refused. Output: {path, bytes, width, height, warnings}.',
  args: z.strictObject({
    spec: z.record(z.string(), z.json()),
    data: z.array(z.record(z.string(), z.json())).max(50_000).optional(),
    saveAs: pathArg().refine((p) => /\.svg$/i.test(p), 'must end with .svg'),
    width: size(640),
    height: size(360),
  }),
  effect: 'reversible',
  timeoutSeconds: 60,
  async execute({ spec, data, saveAs, width, height }, context) {
    const answer = await runInProcess({
      file: new URL('./chart-worker.mjs', import.meta.url),
      data: {
        width,
        height,
        background: 'white',
        ...spec,
        ...(data === undefined ? {} : { data: { values: data } }),
      },
      directory: os.tmpdir(),
      timeoutMs: 30_000,
      heapMb: 384,
      signal: context.signal,
    });
    const { svg, warnings } = valueOf(answer, 'the chart cannot be drawn: ') as {
      svg: string;
      warnings: string[];
    };
    const info = await context.files.write(saveAs, svg);
    return { output: { path: info.path, bytes: info.bytes, width, height, warnings } };
  },
});
