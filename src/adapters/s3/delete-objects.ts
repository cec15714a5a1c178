/** Deletes all that lies below a folder, uploads that were never completed too. */
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { PerdureError } from '../../../contracts/errors.js';
import { listObjects } from './list-objects.js';
import type { S3 } from './s3-client.js';
import { asS3Error } from './s3-errors.js';

/** May be done again after a failure half-way: it begins with what is there. */
export async function deleteBelow(s3: S3, folder: string): Promise<void> {
  for await (const objects of listObjects(s3, folder)) if (objects.length > 0) await deleteBatch(s3, objects);
  await abortUploads(s3, folder);
}

async function deleteBatch(s3: S3, objects: readonly { Key: string }[]): Promise<void> {
  const command = new DeleteObjectsCommand({
    Bucket: s3.bucket,
    Delete: { Quiet: true, Objects: objects.map(({ Key }) => ({ Key })) },
  });
  // The SDK sends a CRC32; many servers beside AWS still ask for the older Content-MD5, which AWS takes too.
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers, body } = args.request as { headers: Record<string, string>; body: string };
      headers['content-md5'] = createHash('md5').update(body).digest('base64');
      return next(args);
    },
    { step: 'build', name: 'contentMd5' },
  );
  const { Errors: [first] = [] } = await s3.client.send(command, bounded(s3));
  if (first === undefined) return;
  const why = `S3 did not delete ${first.Key ?? ''}: ${first.Code ?? ''} ${first.Message ?? ''}`;
  throw new PerdureError(first.Code === 'AccessDenied' ? 'workspace_refused' : 'workspace_unavailable', why);
}

async function abortUploads(s3: S3, folder: string): Promise<void> {
  const { client, bucket: Bucket } = s3;
  const page = await client
    .send(new ListMultipartUploadsCommand({ Bucket, Prefix: folder }), bounded(s3))
    .catch((error: unknown) => {
      // Where uploads cannot be listed, a lifecycle rule has to end them.
      if (asS3Error(error)?.name === 'NotImplemented') return null;
      throw error;
    });
  for (const { Key, UploadId } of page?.Uploads ?? [])
    // Not every server heeds the prefix here.
    if (Key?.startsWith(folder) === true)
      await client
        .send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), bounded(s3))
        .catch((error: unknown) => {
          if (asS3Error(error)?.name !== 'NoSuchUpload') throw error;
        });
  if (page?.IsTruncated === true) await abortUploads(s3, folder);
}

const bounded = (s3: S3) => ({ abortSignal: AbortSignal.timeout(s3.times.call) });
