/** The objects below a prefix, page by page. */
import { ListObjectsV2Command, type _Object } from '@aws-sdk/client-s3';
import type { S3 } from './s3-client.js';

/** Up to 1,000 objects at a time, each page bounded by itself. */
export async function* listObjects(s3: S3, prefix: string): AsyncGenerator<(_Object & { Key: string })[]> {
  for (let token: string | undefined, more = true; more;) {
    const page = await s3.client.send(
      new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: prefix, ContinuationToken: token }),
      { abortSignal: AbortSignal.timeout(s3.times.call) },
    );
    yield (page.Contents ?? []).flatMap((object) =>
      object.Key === undefined ? [] : [{ ...object, Key: object.Key }],
    );
    token = page.NextContinuationToken;
    more = page.IsTruncated === true && token !== undefined;
  }
}
