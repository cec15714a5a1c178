/** Where a JSON text breaks, in words: V8 does not always say, people always need it. */

/** V8 quotes this many characters before the one it did not expect. */
const CONTEXT = 10;

/** What the parser said, with line and column where they can be found out. */
export function jsonFault(message: string, body: string): string {
  const position = positionOf(message, body);
  const what = message.replace(/ \(line \d+ column \d+\)$/, '').replace(/ in JSON at position \d+$/, '');
  if (position === undefined) return what;
  const before = body.slice(0, position).split('\n');
  return `${what}, at position ${position} (line ${before.length}, column ${(before.at(-1) ?? '').length + 1})`;
}

function positionOf(message: string, body: string): number | undefined {
  const told = /at position (\d+)/.exec(message)?.[1];
  if (told !== undefined) return Number(told);
  if (message.startsWith('Unexpected end')) return body.length;
  const quoted = /^Unexpected token .*?, \.\.\."(.*?)"(?:\.\.\.)? is not valid JSON$/su.exec(message)?.[1];
  if (quoted !== undefined) {
    const at = body.indexOf(quoted);
    return at < 0 ? undefined : at + CONTEXT;
  }
  return firstBreak(body.slice(0, 2 * CONTEXT + 1));
}

/** The first character that no continuation can mend; only for the short texts that V8 quotes whole. */
function firstBreak(text: string): number | undefined {
  for (let length = 1; length <= text.length; length += 1) {
    try {
      JSON.parse(text.slice(0, length));
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      const open = message.startsWith('Unexpected end') || message.startsWith('Unterminated');
      if (!open && !message.includes(`at position ${length}`)) return length - 1;
    }
  }
  return undefined;
}
