/** The check of arguments by a JSON schema that somebody else has written: its owner checks them, too. */
import { z } from 'zod';
import type { JsonValue } from '../../contracts/plan.js';
import { unfoldedSchema } from './unfolded-schema.js';

type Args = Record<string, JsonValue>;

/** Patterns may take for ever, formats differ, and what is not known by name may be either. */
const unchecked = new Set([
  'pattern',
  'patternProperties',
  'format',
  '$dynamicRef',
  '$dynamicAnchor',
  '$anchor',
  '$id',
]);

/** How often a schema is followed into itself, as of a tree: fewer times where that makes it too large. */
const TURNS = [4, 1];

/** What it cannot say in time or at all is left to the owner. */
export function looseArgs(schema: Readonly<Record<string, unknown>>): z.ZodType<Args> {
  for (const turns of TURNS)
    try {
      const made = z.fromJSONSchema(unfoldedSchema(schema, unchecked, turns));
      // Its first use finds what the conversion has left for later.
      made.safeParse({});
      return z.record(z.string(), z.json()).pipe(made as z.ZodType<Args, Args>);
    } catch {
      // The next one is smaller.
    }
  return z.record(z.string(), z.json());
}
