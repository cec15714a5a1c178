/** What perdure doctor has found, a line for each thing looked at. */

export interface Line {
  name: string;
  /** skipped: could not be looked at from here, and that is no fault. */
  state: 'ok' | 'degraded' | 'failing' | 'skipped';
  detail: string;
  ms: number | null;
}

export interface Report {
  healthy: boolean;
  lines: Line[];
}

/** Times what is looked at; what it throws is its line. */
export async function look(name: string, act: () => Promise<Omit<Line, 'name' | 'ms'>>): Promise<Line> {
  const began = performance.now();
  const ms = (): number => Math.round(performance.now() - began);
  try {
    const found = await act();
    return { name, ...found, ms: ms() };
  } catch (error) {
    return {
      name,
      state: 'failing',
      detail: error instanceof Error ? error.message : String(error),
      ms: ms(),
    };
  }
}

export const reportOf = (lines: Line[]): Report => ({
  healthy: lines.every(({ state }) => state !== 'failing'),
  lines,
});
