/**
 * Whether Markdown would keep the page busy for longer than anybody waits: marks that may open something are each held
 * against all before them of their paragraph, and pictures within pictures against their squares. Reports have dozens.
 */
const MOST_MARKS = 2_000;
const MOST_DEPTH = 100;
/** Quotes and lists in one line, each within the one before. */
const nested = new RegExp(`^[ \\t]*(?:>[ \\t]?|[*+-][ \\t]+|\\d{1,9}[.)][ \\t]+){${MOST_DEPTH}}`, 'm');

export function isTooHeavy(markdown: string): boolean {
  if (nested.test(markdown)) return true;
  return markdown.split(/\n[ \t]*\n/).some((paragraph) => {
    const marks = paragraph.match(/\*+|_+|~+|`+|[[\]]/g) ?? [];
    let depth = 0;
    return marks.some((mark, i) => {
      if (mark === '[') depth += 1;
      else if (mark === ']') depth = Math.max(0, depth - 1);
      return i >= MOST_MARKS || depth > MOST_DEPTH;
    });
  });
}
