/**
 * References between steps: `{{steps.ID.output.path}}` and `{{inputs.data.path}}` inside a step's args.
 * Pure: the API checks with it, workers resolve with it.
 */
import { valueAt } from './field-errors.js';
import type { JsonValue } from './plan.js';

/** One reference: where it points, as written. */
export interface Reference {
  raw: string;
  source: 'steps' | 'inputs';
  /** The step's id, for source `steps`. */
  stepId: string | undefined;
  /** Keys below `output` or `inputs`; list positions are digits. */
  path: string[];
}

// Only "steps." and "inputs." open a reference, so that a template's own {{ name }} stays as it is.
const pattern = /\{\{\s*((?:steps|inputs)\.[^{}\s]*)\s*\}\}/g;

function parse(raw: string, expression: string): Reference {
  const parts = expression.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
  if (parts[0] === 'inputs') return { raw, source: 'inputs', stepId: undefined, path: parts.slice(1) };
  return { raw, source: 'steps', stepId: parts[1] ?? '', path: parts.slice(2) };
}

/** Every reference in a value, with the keys that lead to where it stands. */
export function findReferences(
  value: JsonValue | undefined,
  path: readonly (string | number)[] = [],
): { path: readonly (string | number)[]; reference: Reference }[] {
  if (typeof value === 'string')
    return [...value.matchAll(pattern)].map((m) => ({ path, reference: parse(m[0], m[1] ?? '') }));
  if (Array.isArray(value)) return value.flatMap((item, i) => findReferences(item, [...path, i]));
  if (value !== null && typeof value === 'object')
    return Object.entries(value).flatMap(([key, item]) => findReferences(item, [...path, key]));
  return [];
}

/** Follows keys into a value; undefined where one is missing. Never follows inherited properties. */
export function readPath(root: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return valueAt(root, path) as JsonValue | undefined;
}

/**
 * Replaces every reference. A string that is one reference whole keeps the type of what it points at;
 * inside a longer string a value is written as text (JSON for objects and lists).
 */
export function resolveReferences(value: JsonValue, lookup: (reference: Reference) => JsonValue): JsonValue {
  if (typeof value === 'string') {
    const matches = [...value.matchAll(pattern)];
    const only = matches[0];
    if (matches.length === 1 && only?.[0] === value) return lookup(parse(only[0], only[1] ?? ''));
    return value.replaceAll(pattern, (raw: string, expression: string) => {
      const found = lookup(parse(raw, expression));
      return typeof found === 'string' ? found : JSON.stringify(found);
    });
  }
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, lookup));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolveReferences(v, lookup)]));
  return value;
}

/** The value with every reference to the step `from` made one to the step `to`. */
export function renameInReferences(value: JsonValue, from: string, to: string): JsonValue {
  if (typeof value === 'string')
    return value.replaceAll(pattern, (raw: string, expression: string) =>
      parse(raw, expression).stepId === from ? raw.replace(`steps.${from}`, () => `steps.${to}`) : raw,
    );
  if (Array.isArray(value)) return value.map((item) => renameInReferences(item, from, to));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, renameInReferences(v, from, to)]));
  return value;
}
