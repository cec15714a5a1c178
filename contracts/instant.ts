/** A moment that every part can hold, as ISO 8601 in UTC whatever its offset was. */
import { z } from 'zod';

export const instant = z.iso.datetime({ offset: true }).transform((text, context) => {
  const moment = new Date(text);
  const year = moment.getUTCFullYear();
  if (year >= 1 && year <= 9999) return moment.toISOString();
  context.addIssue({ code: 'custom', message: 'must lie in the years 1 to 9999' });
  return z.NEVER;
});
