/** Where a page ended, in a form that callers hand back and nobody reads. */
import type { z } from 'zod';
import { PerdureError } from '../../../contracts/errors.js';

const encodeCursor = (place: readonly string[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** @throws PerdureError `invalid_request` */
export function decodeCursor<Place>(cursor: string, schema: z.ZodType<Place>): Place {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new PerdureError('invalid_request', 'the cursor is not one that this server gave', {
      errors: [{ field: 'cursor', message: 'is not one that this server gave' }],
    });
  }
}

/**
 * @param found one more than the page holds, where there are more
 * @param placeOf where the next page goes on, of the last that this one holds
 */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  placeOf: (last: Item) => readonly string[],
): { items: Item[]; nextCursor: string | null } {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last === undefined ? null : encodeCursor(placeOf(last)) };
}
