/** Turns what a schema finds wrong with a tool's args into errors that name the field, readably. */
import type { z } from 'zod';
import type { FieldError } from '../../contracts/errors.js';
import { findReferences } from '../../contracts/references.js';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A path below args: `.tables.weather`, `.items[2].x`, `["a key"]`; '' for the whole. */
const fieldOf = (path: Path): string =>
  path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      return /^[\w$-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    })
    .join('');

/** The errors of one issue. Fields whose value a reference decides are left for when it is resolved. */
export function argErrors(
  issues: readonly Issue[],
  args: unknown,
  lenient: boolean,
  base: Path = [],
): FieldError[] {
  return issues.flatMap((issue): FieldError[] => {
    const path = [...base, ...issue.path];
    if (lenient && hangsOnReference(args, path)) return [];
    const field = fieldOf(path);
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({ field: fieldOf([...path, key]), message: 'is not a known field' }));
      case 'invalid_type':
        return [{ field, message: typeMessage(issue.expected, valueAt(args, path)) }];
      case 'invalid_value':
        return [
          { field, message: `must be one of ${issue.values.map((v) => JSON.stringify(v)).join(', ')}` },
        ];
      case 'invalid_union': {
        // Of several forms, the one that got furthest is the one that was meant.
        const nearest = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a))[0] ?? [];
        if (depthOf(nearest) === 0) return [{ field, message: 'has none of the forms that fit here' }];
        return argErrors(nearest, args, lenient, path);
      }
      case 'invalid_key':
        return issue.issues.map((inner) => ({ field, message: `as a name: ${plain(inner.message)}` }));
      case 'custom':
      case 'invalid_element':
      case 'invalid_format':
      case 'not_multiple_of':
      case 'too_big':
      case 'too_small':
        return [{ field, message: plain(issue.message) }];
    }
  });
}

const depthOf = (issues: readonly Issue[]): number =>
  Math.max(0, ...issues.map((issue) => issue.path.length));

const plain = (message: string): string => message.replace(/^(?:Invalid input|Too big|Too small): /, '');

const names: Record<string, string> = { record: 'object', array: 'list', int: 'whole number' };

function typeMessage(expected: string, value: unknown): string {
  const wanted = `expected ${names[expected] ?? expected}`;
  if (value === undefined) return `is required, ${wanted}`;
  if (expected === 'int' && typeof value === 'number') return `${wanted}, but is ${value}`;
  return `${wanted}, but is ${value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value}`;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

const hangsOnReference = (root: unknown, path: Path): boolean =>
  [...path.keys(), path.length].some((length) => {
    const value = valueAt(root, path.slice(0, length));
    return typeof value === 'string' && findReferences(value).length > 0;
  });
