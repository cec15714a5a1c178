/** Many of one kind, so many at once. */

/** @returns what each gave, and the seconds of all; the first failure ends it */
export async function load<Result>(
  count: number,
  atOnce: number,
  one: () => Promise<Result>,
): Promise<{ each: Result[]; seconds: number }> {
  const each: Result[] = [];
  let left = count;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: Math.min(atOnce, count) }, async () => {
      while (left > 0) {
        left -= 1;
        each.push(await one());
      }
    }),
  );
  return { each, seconds: (performance.now() - began) / 1_000 };
}

/** Those who are compared take turns at going first. */
export const turned = <Item>(items: readonly Item[], by: number): Item[] => {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
};
