/** A request's body as a stream that fails past a limit, and when the client leaves half-way. */
import { Transform, type Readable, type TransformCallback } from 'node:stream';
import type { Request } from 'express';
import { PerdureError } from '../../contracts/errors.js';

export interface BoundedBody {
  /** What the head says; 0 where it says nothing. */
  declaredBytes: number;
  /**
   * To be called once. Its failure leaves the connection open, so that an answer can still be sent.
   * @param hold keeps room for so many bytes in all before they are let through
   */
  content(hold: (bytes: number) => Promise<void>): Readable;
  /** Why the content failed, when that is the body's fault. */
  failure(): PerdureError | undefined;
}

/** @throws PerdureError `body_too_large` at once where the length says so, `unsupported_media_type` */
export function boundedBody(req: Request, maxBytes: number): BoundedBody {
  const tooLarge = (): PerdureError => {
    const message = `a file may have at most ${maxBytes} bytes`;
    return new PerdureError('body_too_large', message, { errors: [{ field: 'body', message }] });
  };
  const declaredBytes = Number(req.headers['content-length'] ?? 0);
  if (declaredBytes > maxBytes) throw tooLarge();
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new PerdureError('unsupported_media_type', 'files are stored as they are sent, without encoding', {
      errors: [{ field: 'content-encoding', message: 'must be left out' }],
    });
  let failure: PerdureError | undefined;
  return {
    declaredBytes,
    failure: () => failure,
    content(hold) {
      let bytes = 0;
      const bounded = new Transform({
        transform(chunk: Buffer, _encoding, done: TransformCallback) {
          bytes += chunk.byteLength;
          if (bytes > maxBytes) done((failure = tooLarge()));
          else
            hold(bytes).then(
              () => {
                done(null, chunk);
              },
              (error: unknown) => {
                if (error instanceof PerdureError) failure = error;
                done(error instanceof Error ? error : new Error(String(error)));
              },
            );
        },
      });
      const leave = (): void => {
        if (req.complete || bounded.destroyed) return;
        bounded.destroy((failure = new PerdureError('invalid_request', 'the client left half-way')));
      };
      // pipe() rather than pipeline(): a failed copy must not take the connection along.
      req.once('close', leave).once('error', leave).pipe(bounded);
      return bounded;
    },
  };
}
