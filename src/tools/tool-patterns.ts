/** Names of tools in files: one that ends in `*` stands for all that begin so. */

export const fits = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** The value of the longest pattern that fits; a whole name goes before all patterns. */
export function mostSpecific<Value>(
  byPattern: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined {
  const [best] = Object.entries(byPattern)
    .filter(([pattern]) => fits(pattern, name))
    .sort(([a], [b]) => Number(b === name) - Number(a === name) || b.length - a.length);
  return best?.[1];
}
