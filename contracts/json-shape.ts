/** Whether JSON that others have written can be worked on at all, before anything walks it recursively. */

/** Levels it may be nested. */
const MAX_DEPTH = 100;

interface Place {
  value: unknown;
  key: string | number;
  depth: number;
  parent: Place | undefined;
}

/**
 * A value that is too deep, or a name that JavaScript takes for something else. A list of open places instead
 * of recursion: depth is the danger.
 */
export function shapeFault(root: unknown): { path: (string | number)[]; message: string } | undefined {
  const open: Place[] = [{ value: root, key: '', depth: 0, parent: undefined }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value, depth } = place;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= MAX_DEPTH)
      return { path: pathOf(place), message: `is nested deeper than ${MAX_DEPTH} levels` };
    if (Object.hasOwn(value, '__proto__'))
      return { path: [...pathOf(place), '__proto__'], message: 'is not a name that can be used' };
    const list = Array.isArray(value);
    for (const [key, child] of Object.entries(value as Record<string, unknown>))
      if (typeof child === 'object')
        open.push({ value: child, key: list ? Number(key) : key, depth: depth + 1, parent: place });
  }
  return undefined;
}

function pathOf(place: Place): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at.parent !== undefined; at = at.parent) path.unshift(at.key);
  return path;
}
