/** Workspace in an S3 bucket, AWS's or another's: `<prefix>/<tenant>/<run>/<path>`. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { PerdureError } from '../../../contracts/errors.js';
import { SYSTEM_FOLDER, workspacePath } from '../../../contracts/workspace-path.js';
import type { S3Config } from '../../config/s3.js';
import type { ByteRange, FileContent, FileInfo, Workspace } from '../../ports/workspace.js';
import { deleteBelow } from './delete-objects.js';
import { listObjects } from './list-objects.js';
import { fileKey, folderKey, pathOf, tenantKey } from './object-keys.js';
import { presignObject } from './presign-object.js';
import { bareTag, headObject, putObject, writtenOf, type Written } from './put-object.js';
import { openS3, type S3, type S3Options } from './s3-client.js';
import { asS3Error, isMissing, toPerdureError } from './s3-errors.js';
import { watchedBody } from './watched-body.js';

/** Milliseconds between two tries of a write that another's, at the same moment, got in the way of. */
const CONFLICT_PAUSES = [50, 100, 200, 400, 800];

export function createS3Workspace(
  config: S3Config,
  options: S3Options = {},
): { workspace: Workspace; close: () => void } {
  const s3 = openS3(config, options);
  const { bucket, prefix } = s3;
  const guard = async <Value>(act: () => Promise<Value>, path?: string): Promise<Value> => {
    try {
      return await act();
    } catch (error) {
      throw toPerdureError(error, bucket, path);
    }
  };
  const info = (path: string, written: Written): FileInfo =>
    infoOf(workspacePath(path, { system: true }), written);

  const workspace: Workspace = {
    put: (scope, path, content, condition) =>
      guard(
        async () => info(path, await putObject(s3, fileKey(prefix, scope, path), content, condition)),
        path,
      ),

    create: (scope, path, content) =>
      guard(() => createObject(s3, fileKey(prefix, scope, path), content), path),

    stat: (scope, path) =>
      guard(async () => {
        const head = await headObject(s3, fileKey(prefix, scope, path));
        return head === null ? null : info(path, writtenOf(head));
      }, path),

    get: (scope, path, range) =>
      guard(async () => {
        const { written, content } = await getObject(s3, fileKey(prefix, scope, path), path, range);
        return { info: info(path, written), content };
      }, path),

    list: (scope, { prefix: below = '', system = false } = {}) =>
      guard(async () => {
        const folder = folderKey(prefix, scope);
        const files: FileInfo[] = [];
        for await (const objects of listObjects(s3, folder + below))
          for (const { Key, Size = 0, ETag, LastModified = new Date() } of objects) {
            const path = pathOf(folder, Key);
            if (path === null || (!system && path.startsWith(`${SYSTEM_FOLDER}/`))) continue;
            files.push(infoOf(path, { bytes: Size, etag: bareTag(ETag), modified: LastModified }));
          }
        // S3 sorts by UTF-8 and not every server at all; the port's order is that of JavaScript's strings.
        return files.sort((a, b) => (a.path < b.path ? -1 : 1));
      }),

    delete: (scope, path) =>
      guard(async () => {
        const Key = fileKey(prefix, scope, path);
        // S3 answers a delete alike, whether there was anything or not.
        if ((await headObject(s3, Key)) === null) return false;
        await deleteObject(s3, Key);
        return true;
      }, path),

    deleteAll: (scope) => guard(() => deleteBelow(s3, folderKey(prefix, scope))),

    deleteTenant: (tenantId) => guard(() => deleteBelow(s3, tenantKey(prefix, tenantId))),

    usedBytes: (scope) =>
      guard(async () => {
        let bytes = 0;
        for await (const objects of listObjects(s3, folderKey(prefix, scope)))
          for (const { Size = 0 } of objects) bytes += Size;
        return bytes;
      }),

    presign: (scope, path, presign) =>
      guard(() => presignObject(s3, fileKey(prefix, scope, path), path, presign), path),

    check: () =>
      guard(async () => {
        // No tenant's folder begins with a dot.
        const key = `${prefix}.check/${randomUUID()}`;
        await putObject(s3, key, key);
        const { content } = await getObject(s3, key, key);
        const read = await text(content);
        await deleteObject(s3, key);
        if (read !== key)
          throw new PerdureError('workspace_unavailable', 'S3 gave back what was not written');
      }),
  };
  return { workspace, close: s3.close };
}

async function createObject(s3: S3, key: string, content: FileContent): Promise<boolean> {
  for (const pause of [...CONFLICT_PAUSES, 0])
    try {
      await putObject(s3, key, content, 'absent');
      return true;
    } catch (error) {
      if (error instanceof PerdureError && error.code === 'precondition_failed') return false;
      // Another write of the key was under way; how it ended shows in the next try.
      if (asS3Error(error)?.status !== 409 || pause === 0) throw error;
      await sleep(pause);
    }
  return false;
}

async function getObject(
  s3: S3,
  key: string,
  path: string,
  range?: ByteRange,
): Promise<{ written: Written; content: Readable }> {
  try {
    const answer = await s3.reading.send(
      new GetObjectCommand({
        Bucket: s3.bucket,
        Key: key,
        ...(range !== undefined && { Range: `bytes=${range.start}-${range.end}` }),
      }),
      { requestTimeout: s3.times.call },
    );
    const body = answer.Body as Readable;
    const length = answer.ContentLength ?? 0;
    const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
    if (range !== undefined && total === undefined) {
      body.destroy();
      throw new PerdureError('workspace_unavailable', 'S3 sent the whole file where a range was asked for');
    }
    return {
      written: writtenOf({ ...answer, ContentLength: total === undefined ? length : Number(total) }),
      content: watchedBody(body, length, s3.times.idle, s3.bucket),
    };
  } catch (error) {
    if (isMissing(error))
      throw new PerdureError('file_not_found', `there is no file ${JSON.stringify(path)}`, { cause: error });
    // No byte of the range is in the file: as at the end of a local file, nothing comes.
    const head = asS3Error(error)?.status === 416 ? await headObject(s3, key) : null;
    if (head === null) throw error;
    return { written: writtenOf(head), content: Readable.from([]) };
  }
}

async function deleteObject(s3: S3, Key: string): Promise<void> {
  await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key }), {
    abortSignal: AbortSignal.timeout(s3.times.call),
  });
}

const infoOf = (path: string, { bytes, etag, modified }: Written): FileInfo => ({
  path,
  bytes,
  // Whole seconds, as in HTTP's dates: lists have milliseconds, and one file has one time.
  modifiedAt: new Date(Math.floor(modified.getTime() / 1_000) * 1_000).toISOString(),
  etag,
});
