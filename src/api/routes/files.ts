/** The files of a run: listed, read, written and deleted, whatever their size. */
import { pipeline } from 'node:stream/promises';
import type { RequestHandler, Request, Response } from 'express';
import { contentType } from 'mime-types';
import type { FileList } from '../../../contracts/api.js';
import { PerdureError } from '../../../contracts/errors.js';
import type { RunHead } from '../../../contracts/runs.js';
import type { FileInfo, WorkspaceScope, WriteCondition } from '../../ports/workspace.js';
import { byteRange } from '../byte-range.js';
import type { ApiContext } from '../context.js';
import { matchesTag, sendTagged } from '../entity-tag.js';
import { rawFilePath } from '../raw-file-path.js';
import { findOpenRun, findRun } from '../run-lookup.js';
import { boundedBody, type BoundedBody } from '../bounded-body.js';
import { storageRoom } from '../storage-room.js';
import { writeCondition } from '../write-condition.js';

/** How often a file may change between being looked at and being opened. */
const MAX_TRIES = 5;

// Files come from tools and strangers: a page among them is shown, but neither runs nor loads anything.
const CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

const scopeOf = ({ tenantId, id }: RunHead): WorkspaceScope => ({ tenantId, runId: id });

export function createListFilesRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const files: FileList = { files: await context.workspace.list(scopeOf(await findRun(context, req))) };
    sendTagged(req, res, files);
  };
}

export function createGetFileRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    // perdure's own folder may be read: large outputs lie there.
    const path = rawFilePath(req.originalUrl, { system: true });
    const scope = scopeOf(await findRun(context, req));
    for (let tries = 1; ; tries += 1) {
      const info = await context.workspace.stat(scope, path);
      if (info === null) throw new PerdureError('file_not_found', `there is no file ${JSON.stringify(path)}`);
      if ((await answer(context, req, res, scope, info)) === 'sent') return;
      // It was replaced in between: its size, and so the range, was another file's.
      if (tries === MAX_TRIES)
        throw new PerdureError('workspace_unavailable', `the file ${path} changes all the time`);
    }
  };
}

async function answer(
  { workspace, logger }: ApiContext,
  req: Request,
  res: Response,
  scope: WorkspaceScope,
  info: FileInfo,
): Promise<'sent' | 'changed'> {
  const etag = `"${info.etag}"`;
  res.set({
    ETag: etag,
    'Last-Modified': new Date(info.modifiedAt).toUTCString(),
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-cache',
  });
  if (matchesTag(req.get('if-none-match'), etag)) {
    res.status(304).end();
    return 'sent';
  }
  const ifRange = req.get('if-range');
  const range =
    ifRange === undefined || ifRange === etag ? byteRange(req.get('range'), info.bytes) : undefined;
  if (range === 'unsatisfiable') {
    res.set('Content-Range', `bytes */${info.bytes}`);
    throw new PerdureError('range_not_satisfiable', `the file has ${info.bytes} bytes`);
  }
  const head = (): void => {
    res.status(range === undefined ? 200 : 206).set({
      'Content-Type': contentType(fileName(info.path)) || 'application/octet-stream',
      'Content-Length': String(range === undefined ? info.bytes : range.end - range.start + 1),
      'Content-Disposition': disposition(fileName(info.path)),
      'Content-Security-Policy': CONTENT_POLICY,
    });
    if (range !== undefined) res.set('Content-Range', `bytes ${range.start}-${range.end}/${info.bytes}`);
  };
  if (req.method === 'HEAD') {
    head();
    res.end();
    return 'sent';
  }
  const opened = await workspace.get(scope, info.path, range);
  if (opened.info.etag !== info.etag) {
    opened.content.destroy();
    return 'changed';
  }
  head();
  await pipeline(opened.content, res).catch((error: unknown) => {
    // The head has left: a connection that breaks is all that says the content is not whole.
    logger.debug({ err: error, runId: scope.runId }, 'a file was not sent to its end');
    res.destroy();
  });
  return 'sent';
}

const fileName = (path: string): string => path.split('/').at(-1) ?? path;

/** RFC 6266: a plain name for old clients, the true one in UTF-8. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*!]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `inline; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

export function createPutFileRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const path = rawFilePath(req.originalUrl);
    const scope = scopeOf(await findOpenRun(context, req));
    const body = boundedBody(req, context.limits.maxFileBytes);
    const present = await context.workspace.stat(scope, path);
    const info = await putFile(context, scope, path, body, writeCondition(req, present));
    res
      .status(present === null ? 201 : 200)
      .set({ ETag: `"${info.etag}"`, 'Cache-Control': 'no-store' })
      .json(info);
  };
}

async function putFile(
  context: ApiContext,
  scope: WorkspaceScope,
  path: string,
  body: BoundedBody,
  condition: WriteCondition | undefined,
): Promise<FileInfo> {
  const room = storageRoom(context, scope);
  try {
    await room.hold(body.declaredBytes);
    return await context.workspace.put(scope, path, body.content(room.hold), condition);
  } catch (error) {
    // A store may wrap what the body failed with; the body's own word is the cause.
    throw body.failure() ?? error;
  } finally {
    await room.settle();
  }
}

export function createDeleteFileRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const path = rawFilePath(req.originalUrl);
    const scope = scopeOf(await findOpenRun(context, req));
    const deleted = await context.workspace.delete(scope, path);
    if (!deleted) throw new PerdureError('file_not_found', `there is no file ${JSON.stringify(path)}`);
    await storageRoom(context, scope).settle();
    res.status(204).end();
  };
}
