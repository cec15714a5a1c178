/** Holds what a client sent against a schema, and says field by field what does not fit. */
import type { z } from 'zod';
import { PerdureError, type FieldError } from '../../contracts/errors.js';
import { fieldError, pathErrors } from '../../contracts/field-errors.js';

/** More errors than this help nobody. */
const MAX_ERRORS = 100;

/**
 * @param what the value's name in messages when it is wrong as a whole: 'body' or 'query'
 * @throws PerdureError `invalid_request`
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(
    'invalid_request',
    pathErrors(result.error.issues, value).map((error) =>
      error.path.length === 0 ? { field: what, message: error.message } : fieldError(error),
    ),
  );
}

/** An error whose detail names the first fields and whose `errors` name them all, up to a bound. */
export function invalid(
  code: 'invalid_request' | 'invalid_plan' | 'invalid_path',
  errors: FieldError[],
): PerdureError {
  const first = errors.slice(0, 3).map(({ field, message }) => `${field}: ${message}`);
  const rest = errors.length > 3 ? `; and ${errors.length - 3} more` : '';
  return new PerdureError(code, first.join('; ') + rest, { errors: errors.slice(0, MAX_ERRORS) });
}
