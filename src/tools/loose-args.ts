/** The check of arguments by a JSON schema that somebody else has written: its owner checks them, too. */
import { z } from 'zod';
import type { JsonValue } from '../../contracts/plan.js';

type Args = Record<string, JsonValue>;

/** What it cannot say in time or at all is left to the owner: patterns may take for ever, formats differ. */
export function looseArgs(schema: Readonly<Record<string, unknown>>): z.ZodType<Args> {
  try {
    const made = z.fromJSONSchema(without(schema, ['pattern', 'patternProperties', 'format']) as Args);
    // Its first use finds what the conversion has left for later.
    made.safeParse({});
    return z.record(z.string(), z.json()).pipe(made as z.ZodType<Args, Args>);
  } catch {
    return z.record(z.string(), z.json());
  }
}

function without(value: unknown, names: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      // A member of `properties` may be called so, too.
      if (name === 'properties' && typeof member === 'object' && member !== null)
        return [
          [
            name,
            Object.fromEntries(
              Object.entries(member as object).map(([k, v]: [string, unknown]) => [k, without(v, names)]),
            ),
          ],
        ];
      return names.includes(name) ? [] : [[name, without(member, names)]];
    }),
  );
}
