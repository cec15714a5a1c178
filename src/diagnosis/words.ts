/** Moments, durations and messages as people say them. */

export const secondsSince = (iso: string, now: Date): number =>
  Math.max(0, (now.getTime() - Date.parse(iso)) / 1_000);

/** Such as "8 s", "12 min", "3 h" or "2 days". */
export function inWords(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

export const ago = (iso: string, now: Date): string => `${inWords(secondsSince(iso, now))} ago`;

export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
