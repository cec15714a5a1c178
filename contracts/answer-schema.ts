/** JSON schemas that answers from outside are held against, by processes that serve others meanwhile. */
import { z } from 'zod';

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
