/** One Range header against one file size. Source: RFC 9110, sections 14.1 and 14.2. */
import type { ByteRange } from '../ports/workspace.js';

/**
 * @returns undefined when the whole file is to be sent: no range, several of them, or one that is
 * malformed (a server may ignore those); 'unsatisfiable' when no byte of the range is in the file
 */
export function byteRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '') return undefined;
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
