/** Times and durations as Temporal's messages carry them. */

interface Seconds {
  /** A Long, or a number. */
  seconds?: { toString(): string } | null;
  nanos?: number | null;
}

export function millisecondsOf(value: Seconds | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  return Number(value.seconds?.toString() ?? 0) * 1_000 + Math.trunc((value.nanos ?? 0) / 1e6);
}

/** ISO 8601; null for a time that is not set. */
export function isoOf(value: Seconds | null | undefined): string | null {
  const milliseconds = millisecondsOf(value);
  return milliseconds === null || milliseconds === 0 ? null : new Date(milliseconds).toISOString();
}
