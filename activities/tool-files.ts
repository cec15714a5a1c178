/** The run's workspace as its tools see it, with a list of what they wrote. */
import { contentType } from 'mime-types';
import { PerdureError } from '../contracts/errors.js';
import type { Artifact } from '../contracts/tool-calls.js';
import { workspacePath } from '../contracts/workspace-path.js';
import type { FileInfo, Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import type { ToolFiles } from '../src/tools/tool.js';

/** Tools may read what perdure keeps in its own folder (large outputs), and write anywhere else. */
export function createToolFiles(
  workspace: Workspace,
  scope: WorkspaceScope,
): { files: ToolFiles; artifacts: () => Artifact[] } {
  const written = new Map<string, FileInfo>();
  const readable = (path: string): string => workspacePath(path, { system: true });
  const files: ToolFiles = {
    async read(path, maxBytes) {
      const { info, content } = await workspace.get(scope, readable(path));
      if (info.bytes > maxBytes) {
        content.destroy();
        throw new PerdureError(
          'tool_limit_exceeded',
          `${path} has ${info.bytes} bytes; at most ${maxBytes} are read`,
        );
      }
      const chunks: Buffer[] = [];
      for await (const chunk of content) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    open: async (path) => workspace.get(scope, readable(path)),
    stat: async (path) => workspace.stat(scope, readable(path)),
    list: async (prefix) => workspace.list(scope, prefix === undefined ? {} : { prefix }),
    async write(path, content) {
      const info = await workspace.put(scope, workspacePath(path), content);
      written.set(info.path, info);
      return info;
    },
  };
  return {
    files,
    artifacts: () =>
      [...written.values()].map(({ path, bytes }) => ({
        path,
        bytes,
        contentType: contentType(path.slice(path.lastIndexOf('/') + 1)) || 'application/octet-stream',
      })),
  };
}
