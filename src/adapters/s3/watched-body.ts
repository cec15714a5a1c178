/** The content of an object, as it comes: it fails when it stops short or stands still, and then with our error. */
import { Transform, type Readable } from 'node:stream';
import { PerdureError } from '../../../contracts/errors.js';
import { toPerdureError } from './s3-errors.js';

/**
 * @param bytes that must come
 * @param idleMs that the store may let us wait; what the reader takes for himself does not count
 */
export function watchedBody(body: Readable, bytes: number, idleMs: number, bucket: string): Readable {
  let received = 0;
  let before = -1;
  const watched = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.byteLength;
      done(null, chunk);
    },
    flush(done) {
      done(received === bytes ? null : cut());
    },
  });
  const cut = (): PerdureError =>
    new PerdureError('workspace_unavailable', `S3 sent ${received} of ${bytes} bytes`);
  const timer = setInterval(() => {
    if (received === before && !watched.writableNeedDrain) watched.destroy(cut());
    before = received;
  }, idleMs);
  body.once('error', (error: Error) => watched.destroy(toPerdureError(error, bucket) as Error));
  // A connection that breaks may close without an error.
  body.once('close', () => {
    if (!body.readableEnded) watched.destroy(cut());
  });
  watched.once('close', () => {
    clearInterval(timer);
    body.destroy();
  });
  return body.pipe(watched);
}
