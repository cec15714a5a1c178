/** A tool's context for tests: files in memory, a signal that is never aborted. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { PerdureError } from '../../../contracts/errors.js';
import { workspacePath } from '../../../contracts/workspace-path.js';
import type { FileInfo } from '../../ports/workspace.js';
import type { ToolContext, ToolFiles } from '../tool.js';

/** The run's workspace in a Map; like the real one it leaves what was there when a write fails. */
export function memoryFiles(initial: Readonly<Record<string, string | Uint8Array>> = {}): ToolFiles {
  const contents = new Map(Object.entries(initial).map(([path, content]) => [path, Buffer.from(content)]));
  const infoOf = (path: string, content: Buffer): FileInfo => ({
    path,
    bytes: content.length,
    modifiedAt: '2026-01-02T03:04:05.000Z',
    etag: `e${content.length}`,
  });
  const find = (path: string): Buffer => {
    const content = contents.get(workspacePath(path, { system: true }));
    if (content === undefined) throw new PerdureError('file_not_found', `there is no file ${path}`);
    return content;
  };
  return {
    read: async (path, maxBytes) => {
      const content = await Promise.resolve(find(path));
      if (content.length > maxBytes) throw new PerdureError('tool_limit_exceeded', `${path} is too large`);
      return content;
    },
    open: async (path) => {
      const content = await Promise.resolve(find(path));
      return { info: infoOf(path, content), content: Readable.from([content]) };
    },
    stat: (path) => {
      const content = contents.get(workspacePath(path, { system: true }));
      return Promise.resolve(content === undefined ? null : infoOf(path, content));
    },
    list: (prefix = '') =>
      Promise.resolve(
        [...contents]
          .filter(([path]) => path.startsWith(prefix))
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([path, content]) => infoOf(path, content)),
      ),
    async write(path, content) {
      const canonical = workspacePath(path);
      const bytes = content instanceof Readable ? await buffer(content) : Buffer.from(content);
      contents.set(canonical, bytes);
      return infoOf(canonical, bytes);
    },
  };
}

export const toolContext = (overrides: Partial<ToolContext> = {}): ToolContext => ({
  tenantId: 'acme',
  files: memoryFiles(),
  signal: new AbortController().signal,
  idempotencyKey: 'run/step',
  attempt: 1,
  progress: () => undefined,
  write: () => undefined,
  reach: () => Promise.resolve(),
  ...overrides,
});
