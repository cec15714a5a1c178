/** One-line summaries for the Temporal Web UI. */

// The server refuses more than 400 bytes; a character has at most 4, the ellipsis 3.
const MAX_CHARACTERS = 99;

/** One line of well-formed text that the server accepts as a summary. */
export function summaryOf(text: string): string {
  const line = text
    .replaceAll(/\p{Surrogate}/gu, '\uFFFD')
    .replaceAll(/\s+/g, ' ')
    .trim();
  // By code points, so that none is cut in half.
  const characters = Array.from(line);
  return characters.length <= MAX_CHARACTERS
    ? characters.join('')
    : `${characters.slice(0, MAX_CHARACTERS).join('')}…`;
}
