/** The periods that a time is cut into, as people cut it: so that they stay where they are while time goes on. */

export interface Periods {
  /** When the first begins, in milliseconds since 1970. */
  from: number;
  seconds: number;
  count: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const lengths = [
  ...[1, 2, 5, 10, 15, 30].flatMap((n) => [n, n * MINUTE]),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28].map((n) => n * DAY),
].toSorted((a, b) => a - b);
const LONGEST = 28 * DAY;

/**
 * @param from milliseconds since 1970, as `until`; where it is not before that, there is one period
 * @param most how many there may be; 2 at least, for full hours are not where anybody begins
 */
export function periodsOf(from: number, until: number, most: number): Periods {
  const fits = (seconds: number): Periods | null => {
    const ms = seconds * 1_000;
    const begin = Math.floor(from / ms) * ms;
    const count = Math.max(1, Math.ceil((until - begin) / ms));
    return count <= most ? { from: begin, seconds, count } : null;
  };
  for (const seconds of lengths) {
    const periods = fits(seconds);
    if (periods !== null) return periods;
  }
  for (let longer = LONGEST; ; longer *= 2) {
    const periods = fits(longer);
    if (periods !== null) return periods;
  }
}
