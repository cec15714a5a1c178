/** The tool `file_list`: the files of the run's workspace. */
import { z } from 'zod';
import { defineTool } from './tool.js';

export const fileListTool = defineTool({
  name: 'file_list',
  description:
    'Lists the files of the run, optionally only those whose path begins with prefix. ' +
    'Output: {files: [{path, bytes, modifiedAt}]}, sorted by path.',
  args: z.strictObject({ prefix: z.string().optional() }),
  effect: 'read',
  timeoutSeconds: 60,
  quick: true,
  async execute({ prefix }, { files, signal }) {
    signal.throwIfAborted();
    const found = await files.list(prefix);
    return { output: { files: found.map(({ path, bytes, modifiedAt }) => ({ path, bytes, modifiedAt })) } };
  },
});
