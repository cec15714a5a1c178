/** The query string as an object: each name once, `metadata[team]=x` and `metadata.team=x` gathered. */
import type { Request } from 'express';
import { invalid } from './validate.js';

/**
 * @param lists names that may be given again and again, or once with commas: they become lists
 * @throws PerdureError `invalid_request` for any other name given twice
 */
export function queryOf(req: Request, lists: readonly string[] = []): Record<string, unknown> {
  const start = req.originalUrl.indexOf('?');
  const given = new URLSearchParams(start < 0 ? '' : req.originalUrl.slice(start));
  // fromEntries makes own properties of whatever the names are, "__proto__" too.
  const plain = new Map<string, unknown>();
  const metadata = new Map<string, string>();
  for (const [name, value] of given) {
    const key = /^metadata(?:\[(.*)\]|\.(.*))$/s.exec(name);
    const [into, at] = key === null ? [plain, name] : [metadata, key[1] ?? key[2] ?? ''];
    const before = into.get(at);
    if (key === null && lists.includes(at)) {
      plain.set(at, [...(Array.isArray(before) ? (before as string[]) : []), ...value.split(',')]);
      continue;
    }
    if (before !== undefined)
      throw invalid('invalid_request', [{ field: name, message: 'is given more than once' }]);
    if (at === '__proto__')
      throw invalid('invalid_request', [{ field: name, message: 'is not a name that can be used' }]);
    if (value.includes('\u0000'))
      throw invalid('invalid_request', [{ field: name, message: 'has a NUL character' }]);
    into.set(at, value);
  }
  return {
    ...Object.fromEntries(plain),
    ...(metadata.size === 0 ? {} : { metadata: Object.fromEntries(metadata) }),
  };
}
