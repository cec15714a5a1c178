/** A whole number as an address writes it: digits and nothing else, so that "", "1e1" and "0x10" are none. */
import { z } from 'zod';

/** What an address can hold of them exactly. */
export const MOST = 999_999_999_999_999;

export const wholeNumber = (min: number, max = MOST) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number, ${min} or more`)
    .transform(Number)
    .pipe(z.int().min(min).max(max));
