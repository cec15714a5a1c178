/** Writes one object whole or not at all, whatever its size, in bounded memory. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { PerdureError } from '../../../contracts/errors.js';
import type { FileContent, WriteCondition } from '../../ports/workspace.js';
import type { S3 } from './s3-client.js';
import { asS3Error } from './s3-errors.js';

/** Content up to one part goes in one request. 10,000 parts, S3's limit, make 80 GB. */
const PART_BYTES = 8 * 1024 * 1024;
/** Parts under way at once; each write holds so many, and the one that is being filled, in memory. */
const PARTS_AT_ONCE = 2;

export interface Written {
  bytes: number;
  etag: string;
  modified: Date;
}

/** @throws what the content's source failed with, or the SDK's error; PerdureError `precondition_failed` */
export async function putObject(
  s3: S3,
  key: string,
  content: FileContent,
  condition?: WriteCondition,
): Promise<Written> {
  // Names this one write in the object: it tells ours, whose answer was lost, from another's.
  const writer = randomUUID();
  let bytes = 0;
  const upload = new Upload({
    client: s3.client,
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
    params: {
      Bucket: s3.bucket,
      Key: key,
      Body: content instanceof Readable ? content : Buffer.from(content),
      Metadata: { writer },
      ...(condition === 'absent' && { IfNoneMatch: '*' }),
      ...(typeof condition === 'object' && { IfMatch: `"${condition.etag}"` }),
    },
  });
  upload.on('httpUploadProgress', ({ loaded }) => (bytes = loaded ?? bytes));
  try {
    const { ETag } = await upload.done();
    const head = await headObject(s3, key);
    // Replaced by another already: what we wrote is what we answer.
    if (head?.Metadata?.writer !== writer) return { bytes, etag: bareTag(ETag), modified: new Date() };
    return writtenOf(head);
  } catch (error) {
    if (content instanceof Readable) {
      // The source's own failure is the cause; all else is S3's, and the source need not go on.
      if (content.errored !== null) throw content.errored;
      content.destroy();
    }
    const thrown = asS3Error(error);
    // An attempt whose answer was lost has done its work when the next one finds it done.
    if (thrown !== null && thrown.attempts > 1) {
      const head = await headObject(s3, key);
      if (head?.Metadata?.writer === writer) return writtenOf(head);
    }
    if (condition !== undefined && (thrown?.status === 412 || thrown?.status === 404))
      throw new PerdureError('precondition_failed', 'the file has changed, or is or is not there', {
        cause: error,
      });
    throw error;
  }
}

/** Null when there is no such object; without a body, S3 cannot say whether the bucket is there. */
export async function headObject(s3: S3, key: string): Promise<HeadObjectCommandOutput | null> {
  try {
    return await s3.client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key: key }), {
      abortSignal: AbortSignal.timeout(s3.times.call),
    });
  } catch (error) {
    if (asS3Error(error)?.status === 404) return null;
    throw error;
  }
}

export const writtenOf = (
  head: Pick<HeadObjectCommandOutput, 'ContentLength' | 'ETag' | 'LastModified'>,
): Written => ({
  bytes: head.ContentLength ?? 0,
  etag: bareTag(head.ETag),
  modified: head.LastModified ?? new Date(),
});

export const bareTag = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');
