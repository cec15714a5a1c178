/** The tool `echo`: gives its arguments back, to name values in a plan and to try things out. */
import { z } from 'zod';
import { defineTool } from './tool.js';

export const echoTool = defineTool({
  name: 'echo',
  description: 'Returns its arguments unchanged. The output is the object of arguments itself.',
  args: z.record(z.string(), z.json()),
  effect: 'read',
  timeoutSeconds: 10,
  quick: true,
  execute: (args, context) => {
    context.signal.throwIfAborted();
    return Promise.resolve({ output: args });
  },
});
