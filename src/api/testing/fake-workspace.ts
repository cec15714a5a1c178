/** A workspace in memory. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { PerdureError } from '../../../contracts/errors.js';
import { SYSTEM_FOLDER } from '../../../contracts/workspace-path.js';
import type { FileInfo, Workspace, WorkspaceScope } from '../../ports/workspace.js';

export interface FakeWorkspace extends Workspace {
  /** Every call throws workspace_unavailable while true. */
  down: boolean;
}

interface Stored {
  info: FileInfo;
  content: Buffer;
}

export function createFakeWorkspace(): FakeWorkspace {
  const files = new Map<string, Stored>();
  const folderOf = ({ tenantId, runId }: WorkspaceScope): string => `${tenantId}/${runId}/`;
  const call = async <Value>(act: () => Value | Promise<Value>): Promise<Value> => {
    if (workspace.down) throw new PerdureError('workspace_unavailable', 'the workspace does not answer');
    return act();
  };
  const workspace: FakeWorkspace = {
    down: false,
    put: (scope, path, content, condition) =>
      call(async () => {
        const bytes = content instanceof Readable ? await readAll(content) : Buffer.from(content);
        const present = files.get(folderOf(scope) + path)?.info.etag;
        if (condition !== undefined && present !== (condition === 'absent' ? undefined : condition.etag))
          throw new PerdureError('precondition_failed', `the file ${path} has changed`);
        const info: FileInfo = {
          path,
          bytes: bytes.byteLength,
          modifiedAt: new Date().toISOString(),
          etag: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
        };
        files.set(folderOf(scope) + path, { info, content: bytes });
        return info;
      }),
    create: (scope, path, content) =>
      call(async () => {
        if (files.has(folderOf(scope) + path)) return false;
        await workspace.put(scope, path, content);
        return true;
      }),
    stat: (scope, path) => call(() => files.get(folderOf(scope) + path)?.info ?? null),
    get: (scope, path, range) =>
      call(() => {
        const file = files.get(folderOf(scope) + path);
        if (file === undefined) throw new PerdureError('file_not_found', `there is no file ${path}`);
        const part = range === undefined ? file.content : file.content.subarray(range.start, range.end + 1);
        return { info: file.info, content: Readable.from([part], { objectMode: false }) };
      }),
    list: (scope, options = {}) =>
      call(() =>
        [...files]
          .filter(([key]) => key.startsWith(folderOf(scope) + (options.prefix ?? '')))
          .map(([, file]) => file.info)
          .filter((info) => options.system === true || !info.path.startsWith(`${SYSTEM_FOLDER}/`))
          .sort((a, b) => (a.path < b.path ? -1 : 1)),
      ),
    delete: (scope, path) => call(() => files.delete(folderOf(scope) + path)),
    deleteAll: (scope) =>
      call(() => {
        for (const key of files.keys()) if (key.startsWith(folderOf(scope))) files.delete(key);
      }),
    deleteTenant: (tenantId) =>
      call(() => {
        for (const key of files.keys()) if (key.startsWith(`${tenantId}/`)) files.delete(key);
      }),
    usedBytes: async (scope) =>
      (await workspace.list(scope, { system: true })).reduce((sum, { bytes }) => sum + bytes, 0),
    check: () => call(() => undefined),
  };
  return workspace;
}

async function readAll(content: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
