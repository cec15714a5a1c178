/** JSON schemas that answers from outside are held against, by processes that serve others meanwhile. */
import { z } from 'zod';
import { pathErrors, type PathError } from './field-errors.js';
import type { JsonValue } from './plan.js';

/** A regular expression can take for ever, and a reference can lead back to itself. */
const refused = new Set(['pattern', 'patternProperties', '$ref', '$dynamicRef']);
/** Their members are named by whoever wrote the schema. */
const named = new Set(['properties', '$defs', 'definitions', 'dependentSchemas']);
/** They hold values, and no schemas. */
const values = new Set(['enum', 'const', 'default', 'examples']);

/** Why it cannot be used; undefined where it can. */
export function answerSchemaProblem(schema: unknown): string | undefined {
  const keyword = refusedIn(schema);
  if (keyword !== undefined) return `must not use ${keyword}`;
  try {
    z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    return undefined;
  } catch (error) {
    return `must be a JSON schema: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** @returns what is wrong with an answer; empty when it fits a schema of which {@link answerSchemaProblem} says nothing */
export function answerProblems(schema: object, answer: JsonValue): PathError[] {
  const result = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(answer);
  if (!result.success) return pathErrors(result.error.issues, answer);
  return missing(schema, answer).map((name) => ({ path: [name], message: 'is required' }));
}

/** Names that are required and not described: zod lets their absence pass. */
function missing(schema: object, answer: JsonValue): string[] {
  const required: unknown[] = 'required' in schema && Array.isArray(schema.required) ? schema.required : [];
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return [];
  return required.filter((name): name is string => typeof name === 'string' && !Object.hasOwn(answer, name));
}

function refusedIn(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  if (Array.isArray(schema)) return firstIn(schema);
  for (const [key, value] of Object.entries(schema)) {
    if (refused.has(key)) return key;
    if (values.has(key)) continue;
    const found = named.has(key) ? firstIn(Object.values(Object(value) as object)) : refusedIn(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

const firstIn = (schemas: readonly unknown[]): string | undefined =>
  schemas.map(refusedIn).find((keyword) => keyword !== undefined);
