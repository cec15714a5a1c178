/** What was thrown, by us, by Express or by its body parser, as an error of the one table. */
import type { Request } from 'express';
import { z } from 'zod';
import { PerdureError } from '../../../contracts/errors.js';
import { jsonFault } from './json-fault.js';

/** The errors of body-parser and of Express's router (http-errors). */
const httpErrorSchema = z.object({
  status: z.number().int().min(400).max(499),
  type: z.string().optional(),
  message: z.string(),
  body: z.string().optional(),
  limit: z.number().optional(),
  charset: z.string().optional(),
  encoding: z.string().optional(),
});

export function toPerdureError(thrown: unknown, req: Request): PerdureError {
  if (thrown instanceof PerdureError) return thrown;
  if (thrown instanceof URIError) return undecodable(req);
  const http = httpErrorSchema.safeParse(thrown);
  if (thrown instanceof Error && http.success) return fromHttpError(http.data, thrown);
  return new PerdureError('internal', 'something unforeseen happened; the log has it under this requestId', {
    cause: thrown,
  });
}

function fromHttpError(error: z.infer<typeof httpErrorSchema>, cause: Error): PerdureError {
  switch (error.type) {
    case 'entity.parse.failed':
      return new PerdureError('malformed_json', jsonFault(error.message, error.body ?? ''), {
        errors: [{ field: 'body', message: 'is not valid JSON' }],
        cause,
      });
    case 'entity.too.large': {
      const limit = `a JSON body may have at most ${error.limit ?? 0} bytes`;
      return new PerdureError('body_too_large', limit, { errors: [{ field: 'body', message: limit }] });
    }
    case 'charset.unsupported':
      return unsupported('content-type', `the charset ${error.charset ?? ''} is not supported; use utf-8`);
    case 'encoding.unsupported':
      return unsupported(
        'content-encoding',
        `the encoding ${error.encoding ?? ''} is not supported; use gzip, deflate, br or none`,
      );
    default:
      return new PerdureError('malformed_json', `the body could not be read: ${error.message}`, {
        errors: [{ field: 'body', message: 'could not be read' }],
        cause,
      });
  }
}

const unsupported = (field: string, message: string): PerdureError =>
  new PerdureError('unsupported_media_type', message, { errors: [{ field, message }] });

function undecodable(req: Request): PerdureError {
  const message = 'has a "%" that does not begin an encoded character';
  return /\/files\//i.test(req.path)
    ? new PerdureError('invalid_path', `the path ${message}`, { errors: [{ field: 'path', message }] })
    : new PerdureError('not_found', `the address ${message}`);
}
