/** What commands print: data as JSON for programs, as a table for people. */
import { obeyed, printable } from './printable.js';

/** One JSON value, indented for eyes as well. */
export function writeJson(value: unknown): void {
  process.stdout.write(`${jsonOf(value, 2)}\n`);
}

/** One JSON value on one line: of a stream that programs read as it comes. */
export function writeJsonLine(value: unknown): void {
  process.stdout.write(`${jsonOf(value)}\n`);
}

/** The same value, with what terminals obey written as `\\u009b`: JSON itself hides only what is below a space. */
export const jsonOf = (value: unknown, indent?: number): string =>
  ((JSON.stringify(value, null, indent) as string | undefined) ?? 'null').replaceAll(
    obeyed,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Columns as wide as what they hold; a cell's own line breaks become spaces. */
export function writeTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  for (const line of lines)
    process.stdout.write(
      `${line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
}
