/** Links to one object, signed for one method and a while. */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { contentType } from 'mime-types';
import type { PresignedRequest, PresignOptions } from '../../../contracts/presign.js';
import type { S3 } from './s3-client.js';

export async function presignObject(
  s3: S3,
  Key: string,
  path: string,
  options: PresignOptions,
): Promise<PresignedRequest> {
  const { method, expiresSeconds } = options;
  const where = { Bucket: s3.bucket, Key };
  const signingDate = new Date();
  const times = { expiresIn: expiresSeconds, signingDate };
  const name = encodeURIComponent(path.split('/').at(-1) ?? '');
  const url =
    method === 'GET'
      ? await getSignedUrl(
          s3.reading,
          new GetObjectCommand({
            ...where,
            ResponseContentType: contentType(decodeURIComponent(name)) || 'application/octet-stream',
            // Saved, never shown: a page among the files would run its scripts as the bucket's own.
            ResponseContentDisposition: `attachment; filename*=UTF-8''${name.replaceAll(/['()*!]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`,
          }),
          times,
        )
      : await getSignedUrl(s3.reading, new PutObjectCommand({ ...where, ContentLength: options.bytes }), {
          ...times,
          // Signed with the rest, so that the link takes exactly this many bytes.
          signableHeaders: new Set(['content-length']),
        });
  return {
    method,
    url,
    headers: method === 'PUT' ? { 'content-length': String(options.bytes) } : {},
    expiresAt: new Date(signingDate.getTime() + expiresSeconds * 1_000).toISOString(),
  };
}
