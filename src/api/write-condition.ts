/** If-Match and If-None-Match of a write, against the file as it is now. Source: RFC 9110, 13.1. */
import type { Request } from 'express';
import { PerdureError } from '../../contracts/errors.js';
import type { FileInfo, WriteCondition } from '../ports/workspace.js';

/**
 * @returns what the workspace must hold to when the write appears; undefined for no condition
 * @throws PerdureError `precondition_failed` when it does not hold even now
 */
export function writeCondition(req: Request, present: FileInfo | null): WriteCondition | undefined {
  const match = tagsOf(req.get('if-match'));
  const noneMatch = tagsOf(req.get('if-none-match'));
  if (match !== undefined) {
    // Strong comparison: a weak tag matches nothing.
    if (present === null || !(match.includes('*') || match.includes(`"${present.etag}"`)))
      throw failed('if-match', present === null ? 'there is no such file' : 'the file has another ETag');
    return { etag: present.etag };
  }
  if (noneMatch === undefined) return undefined;
  if (present === null) return 'absent';
  if (noneMatch.includes('*') || noneMatch.some((tag) => tag.replace(/^W\//, '') === `"${present.etag}"`))
    throw failed('if-none-match', 'there is such a file');
  return { etag: present.etag };
}

const tagsOf = (header: string | undefined): string[] | undefined =>
  header?.split(',').map((tag) => tag.trim());

const failed = (field: string, message: string): PerdureError =>
  new PerdureError('precondition_failed', message, { errors: [{ field, message }] });
