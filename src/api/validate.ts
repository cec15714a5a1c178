/** Holds what a client sent against a schema, and says field by field what does not fit. */
import type { z } from 'zod';
import { PerdureError, type FieldError } from '../../contracts/errors.js';
import { fieldPath } from './field-path.js';

/** More errors than this help nobody. */
const MAX_ERRORS = 100;

type Issue = z.core.$ZodIssue;

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
    result.error.issues.flatMap((issue) => fieldErrors(issue, value, what)),
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

function fieldErrors(
  issue: Issue,
  root: unknown,
  what: string,
  base: readonly PropertyKey[] = [],
): FieldError[] {
  const path = [...base, ...issue.path];
  const field = path.length === 0 ? what : fieldPath(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        field: fieldPath([...path, key]),
        message: 'is not a known field',
      }));
    case 'invalid_type':
      return [{ field, message: typeMessage(issue.expected, valueAt(root, path)) }];
    case 'invalid_value':
      return [{ field, message: oneOf(issue.values) }];
    case 'invalid_union': {
      // The branch that got furthest is the one that was meant.
      const [nearest] = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a));
      if (nearest === undefined || depthOf(nearest) === 0)
        return [{ field, message: 'has none of the forms that fit here' }];
      return nearest.flatMap((inner) => fieldErrors(inner, root, what, path));
    }
    case 'invalid_key':
      return issue.issues.map((inner) => ({ field, message: `as a name: ${plain(inner.message)}` }));
    default:
      return [{ field, message: plain(issue.message) }];
  }
}

const depthOf = (issues: readonly Issue[]): number => Math.max(0, ...issues.map((i) => i.path.length));

const oneOf = (values: readonly unknown[]): string =>
  `must be ${values.length > 1 ? 'one of ' : ''}${values.map((v) => JSON.stringify(v)).join(', ')}`;

const plain = (message: string): string => message.replace(/^(?:Invalid input|Too big|Too small): /, '');

const article = (noun: string): string => (/^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`);

const names: Record<string, string> = { record: 'object', array: 'list', int: 'whole number' };

function typeMessage(expected: string, value: unknown): string {
  const wanted = article(names[expected] ?? expected);
  if (value === undefined) return `is required, ${wanted}`;
  const got = value === null ? 'null' : article(Array.isArray(value) ? 'list' : typeof value);
  return `must be ${wanted}, not ${got}`;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
