/** A JSON schema without its references: what they name stands in their place, so that its size says what it costs. */

/** A few lines that refer to one another twice each stand for more than any machine can walk through. */
const MOST_NODES = 5_000;
/** They hold values, and no schemas. */
const values = new Set(['enum', 'const', 'default', 'examples']);
/** Beside a reference these say nothing of what fits. */
const notes = new Set(['$ref', '$defs', 'definitions', 'title', 'description', 'deprecated', '$comment']);
/** Their members are named by whoever wrote the schema. */
const named = new Set(['properties', 'dependentSchemas']);

type Json = Readonly<Record<string, unknown>>;

/**
 * Where a reference leads back to where it stands in, it is followed so often; below, anything fits.
 * @param without keywords that are left out
 * @param turns of a reference within itself
 * @throws Error for one that is too large, or that refers to what is not there
 */
export function unfoldedSchema(
  schema: Json,
  without: ReadonlySet<string>,
  turns: number,
): Record<string, unknown> {
  let nodes = 0;
  const unfold = (value: unknown, within: readonly string[]): unknown => {
    nodes += 1;
    if (nodes > MOST_NODES) throw new Error(`a schema must not unfold to more than ${MOST_NODES} parts`);
    if (Array.isArray(value)) return value.map((item) => unfold(item, within));
    if (typeof value !== 'object' || value === null) return value;
    const node = value as Json;
    const own = Object.fromEntries(
      Object.entries(node).flatMap(([key, member]) => {
        if (without.has(key) || (typeof node.$ref === 'string' && notes.has(key))) return [];
        if (key === '$defs' || key === 'definitions') return [];
        if (values.has(key)) return [[key, member]];
        if (named.has(key)) return [[key, members(member, within)]];
        return [[key, unfold(member, within)]];
      }),
    );
    if (typeof node.$ref !== 'string') return own;
    if (within.filter((each) => each === node.$ref).length >= turns) return own;
    const target = unfold(resolved(schema, node.$ref), [...within, node.$ref]);
    return Object.keys(own).length === 0 ? target : { allOf: [target, own] };
  };
  const members = (value: unknown, within: readonly string[]): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unfold(member, within)]))
      : value;
  return unfold(schema, ['#']) as Record<string, unknown>;
}

function resolved(schema: Json, reference: string): unknown {
  if (reference !== '#' && !reference.startsWith('#/')) throw new Error(`${reference} lies elsewhere`);
  let at: unknown = schema;
  for (const part of reference.split('/').slice(1)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Json)[name] : undefined;
  }
  if (at === undefined) throw new Error(`${reference} is not there`);
  return at;
}
