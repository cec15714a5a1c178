/** What a schema finds wrong with a value, field by field and in words for people. */
import type { z } from 'zod';
import type { FieldError } from './errors.js';

type Issue = z.core.$ZodIssue;
export type Path = readonly PropertyKey[];

/** A wrong field by its keys, so that whoever knows what the value belongs to can put more before them. */
export interface PathError {
  path: Path;
  message: string;
}

/** A path as people write it: `plan.steps[2].args["two words"]`; '' for the whole. */
export function fieldPath(path: Path): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (/^[\w$-]+$/.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`;
    else text += `[${JSON.stringify(String(key).slice(0, 100))}]`;
  }
  return text;
}

export const fieldError = ({ path, message }: PathError): FieldError => ({ field: fieldPath(path), message });

/**
 * @param root the value that was checked
 * @param skip whether an issue at this path is to be left out, whatever it says
 */
export function pathErrors(
  issues: readonly Issue[],
  root: unknown,
  skip: (path: Path) => boolean = () => false,
  base: Path = [],
): PathError[] {
  return issues.flatMap((issue): PathError[] => {
    const path = [...base, ...issue.path];
    if (skip(path)) return [];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({ path: [...path, key], message: 'is not a known field' }));
      case 'invalid_type':
        return [{ path, message: typeMessage(issue.expected, valueAt(root, path)) }];
      case 'invalid_value':
        return [{ path, message: oneOf(issue.values) }];
      case 'invalid_union': {
        // The form that got furthest is the one that was meant.
        const [nearest] = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a));
        if (nearest === undefined || depthOf(nearest) === 0)
          return [{ path, message: 'has none of the forms that fit here' }];
        return pathErrors(nearest, root, skip, path);
      }
      case 'invalid_key':
        return issue.issues.map((inner) => ({ path, message: `as a name: ${plain(inner.message)}` }));
      case 'custom':
      case 'invalid_element':
      case 'invalid_format':
      case 'not_multiple_of':
      case 'too_big':
      case 'too_small':
        return [{ path, message: plain(issue.message) }];
    }
  });
}

/** The value at a path; undefined where there is none. Never follows inherited properties. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
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
  if (expected === 'int' && typeof value === 'number') return `must be ${wanted}, not ${value}`;
  const got = value === null ? 'null' : article(Array.isArray(value) ? 'list' : typeof value);
  return `must be ${wanted}, not ${got}`;
}
