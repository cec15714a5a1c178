/** Workspace on a local directory: `<root>/<tenant>/<run>/<path>`. Links are never followed. */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { link, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { PerdureError } from '../../../contracts/errors.js';
import { folderName, SYSTEM_FOLDER, workspacePath } from '../../../contracts/workspace-path.js';
import type { FileInfo, Workspace, WorkspaceScope } from '../../ports/workspace.js';
import { codeOf, isPlain, isRegular, openPlain, refuseLinks, regular } from './plain-files.js';
import { Turns } from './turns.js';
import { place, throughTemporary, untilWhole } from './whole-writes.js';

export function createLocalWorkspace(root: string): Workspace {
  const base = (scope: WorkspaceScope): string =>
    path.join(root, folderName(scope.tenantId), folderName(scope.runId));
  const locate = (scope: WorkspaceScope, file: string): string =>
    path.join(base(scope), ...workspacePath(file, { system: true }).split('/'));

  const turns = new Turns();

  const workspace: Workspace = {
    put: (scope, file, content, condition) =>
      guard(async () => {
        const target = locate(scope, file);
        await refuseLinks(root, path.dirname(target), file);
        const write = async (temporary: string): Promise<FileInfo> => {
          if (condition === 'absent') {
            if (!(await placeNew(temporary, target, file))) throw preconditionFailed(file);
            // The temporary name is a second one of the same file; a file of two names counts as none.
            await rm(temporary);
          } else {
            if (condition !== undefined && (await etagAt(target)) !== condition.etag)
              throw preconditionFailed(file);
            await place(temporary, target, file, rename);
          }
          const stats = await regular(target);
          if (stats === null)
            throw new PerdureError('workspace_unavailable', `${file} vanished while it was written`);
          return infoOf(workspacePath(file, { system: true }), stats);
        };
        return throughTemporary(root, content, (temporary) => turns.take(target, () => write(temporary)));
      }),

    create: (scope, file, content) =>
      guard(async () => {
        const target = locate(scope, file);
        await refuseLinks(root, path.dirname(target), file);
        return throughTemporary(root, content, (temporary) => placeNew(temporary, target, file));
      }),

    stat: (scope, file) =>
      guard(async () => {
        const target = locate(scope, file);
        if (!(await isPlain(root, path.dirname(target)))) return null;
        const stats = await regular(target);
        return stats === null ? null : infoOf(workspacePath(file, { system: true }), stats);
      }),

    get: (scope, file, range) =>
      guard(async () => {
        const target = locate(scope, file);
        const missing = new PerdureError('file_not_found', `there is no file ${JSON.stringify(file)}`);
        if (!(await isPlain(root, path.dirname(target)))) throw missing;
        const handle = await openPlain(target);
        if (handle === null) throw missing;
        const stats = await handle.stat({ bigint: true });
        if (!isRegular(stats)) {
          await handle.close();
          throw missing;
        }
        return {
          info: infoOf(workspacePath(file, { system: true }), stats),
          content: handle.createReadStream(range === undefined ? {} : { start: range.start, end: range.end }),
        };
      }),

    list: (scope, options = {}) =>
      guard(async () => {
        const files: FileInfo[] = [];
        if (await isPlain(root, base(scope))) await walk(base(scope), '', files);
        return files
          .filter((f) => options.system === true || !f.path.startsWith(`${SYSTEM_FOLDER}/`))
          .filter((f) => f.path.startsWith(options.prefix ?? ''))
          .sort((a, b) => (a.path < b.path ? -1 : 1));
      }),

    delete: (scope, file) =>
      guard(async () => {
        const target = locate(scope, file);
        return turns.take(target, async () => {
          if (!(await isPlain(root, path.dirname(target))) || (await regular(target)) === null) return false;
          await rm(target, { force: true });
          await removeEmpty(path.dirname(target), base(scope));
          return true;
        });
      }),

    deleteAll: (scope) => guard(() => rm(base(scope), { recursive: true, force: true })),

    deleteTenant: (tenantId) =>
      guard(() => rm(path.join(root, folderName(tenantId)), { recursive: true, force: true })),

    usedBytes: async (scope) =>
      (await workspace.list(scope, { system: true })).reduce((sum, { bytes }) => sum + bytes, 0),

    check: () => guard(() => throughTemporary(root, 'probe', () => Promise.resolve())),
  };
  return workspace;
}

/** What the operating system says, for people. */
const inWords: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
  EROFS: 'its file system is read-only',
  EACCES: 'it may not be written to',
};

/** The store's own failures may pass; everything typed passes through. */
async function guard<Value>(act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    // Only errors of the file system have a code and a system call; those of the content's source are its own.
    if (!(error instanceof Error && 'syscall' in error && codeOf(error) !== '')) throw error;
    throw new PerdureError(
      'workspace_unavailable',
      `the workspace failed: ${inWords[codeOf(error)] ?? codeOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

const preconditionFailed = (file: string): PerdureError =>
  new PerdureError(
    'precondition_failed',
    `the file ${JSON.stringify(file)} has changed, or is or is not there`,
  );

async function etagAt(target: string): Promise<string | null> {
  const stats = await regular(target);
  return stats === null ? null : infoOf('', stats).etag;
}

/** @returns whether there was no such file; if there was, it is whole by now */
async function placeNew(temporary: string, target: string, file: string): Promise<boolean> {
  try {
    // A link appears with its content, and only where there was nothing.
    await place(temporary, target, file, link);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    await untilWhole(target, file);
    return false;
  }
}

async function walk(folder: string, prefix: string, found: FileInfo[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await walk(file, `${prefix}${entry.name}/`, found);
    else {
      const stats = await regular(file);
      if (stats !== null) found.push(infoOf(prefix + entry.name, stats));
    }
  }
}

async function removeEmpty(folder: string, end: string): Promise<void> {
  for (let current = folder; current !== end; current = path.dirname(current))
    try {
      await rmdir(current);
    } catch {
      return;
    }
}

const infoOf = (file: string, stats: BigIntStats): FileInfo => ({
  path: file,
  bytes: Number(stats.size),
  modifiedAt: new Date(Number(stats.mtimeMs)).toISOString(),
  // A rename gives every content a new inode and time.
  etag: createHash('sha256').update(`${stats.ino}-${stats.size}-${stats.mtimeNs}`).digest('hex').slice(0, 32),
});
