/** The tool `file_read`: a file's content as text or base64, small enough to stand in a step's output. */
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import { pathArg } from './path-arg.js';
import { defineTool } from './tool.js';

const LARGEST_READ = 1_000_000;

export const fileReadTool = defineTool({
  name: 'file_read',
  description:
    `Reads a file of the run, as text or (encoding: "base64") as bytes, up to maxBytes (256000 unless told, ` +
    `at most ${LARGEST_READ}). Output: {path, bytes, content}.`,
  args: z.strictObject({
    path: pathArg({ system: true }),
    encoding: z.enum(['utf8', 'base64']).default('utf8'),
    maxBytes: z.int().min(1).max(LARGEST_READ).default(256_000),
  }),
  effect: 'read',
  timeoutSeconds: 60,
  quick: true,
  async execute({ path, encoding, maxBytes }, { files, signal }) {
    signal.throwIfAborted();
    const info = await files.stat(path);
    if (info !== null && info.bytes > maxBytes)
      throw new PerdureError(
        'tool_limit_exceeded',
        `${path} has ${info.bytes} bytes, more than maxBytes (${maxBytes}); raise maxBytes (up to ` +
          `${LARGEST_READ}), or query the file with the sql tool`,
      );
    const content = await files.read(path, maxBytes);
    if (encoding === 'utf8' && !isUtf8(content))
      throw new PerdureError('tool_failed', `${path} is not UTF-8 text; read it with encoding: "base64"`);
    return {
      output: { path: info?.path ?? path, bytes: content.length, content: content.toString(encoding) },
    };
  },
});
