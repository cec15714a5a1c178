/** Where the marks of a time axis stand: at round times, a handful of them. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const lengths = [
  ...[1, 10, 100, 1_000].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  ...[10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
];

/**
 * @param span in milliseconds
 * @param most how many there may be, beside the one at 0
 * @returns milliseconds from the beginning, 0 first
 */
export function ticksOf(span: number, most = 6): number[] {
  let length = lengths.find((one) => span / one <= most) ?? DAY;
  while (span / length > most) length *= 2;
  return Array.from({ length: Math.floor(span / length) + 1 }, (_, i) => i * length);
}
