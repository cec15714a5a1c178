/** The server's time: what runs tell is by its clock, and this machine's may be wrong. */

/** Smaller differences are those of the way, and of a header that tells whole seconds. */
const LEAST_MS = 3_000;

let aheadMs = 0;

/** @param date of an answer's header; null where it has none */
export function noteServerTime(date: string | null, here = Date.now()): void {
  const told = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(told)) return;
  const ahead = told + 500 - here;
  aheadMs = Math.abs(ahead) < LEAST_MS ? 0 : ahead;
}

/** Milliseconds since 1970. */
export const serverNow = (here = Date.now()): number => here + aheadMs;
