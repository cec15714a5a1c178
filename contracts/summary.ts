/** Lines of text for the Temporal Web UI: its summaries, and what stands in its Markdown. */

// The server refuses more than 400 bytes; a character has at most 4, the ellipsis 3.
const MAX_CHARACTERS = 99;

/**
 * One line of well-formed text that the server accepts as a summary. The Web UI reads it as Markdown in some
 * places and as plain text in others: a zero-width space keeps what people and tools wrote from becoming a
 * link or HTML in the first, and does not show in the second.
 */
export function summaryOf(text: string): string {
  const line = text
    .replaceAll(/\p{Surrogate}/gu, '\uFFFD')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\](?=\()|<(?=\S)/g, '$&\u200B')
    .trim();
  // By code points, so that none is cut in half.
  const characters = Array.from(line);
  return characters.length <= MAX_CHARACTERS
    ? characters.join('')
    : `${characters.slice(0, MAX_CHARACTERS).join('')}…`;
}
