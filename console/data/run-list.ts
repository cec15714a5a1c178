/** The rows of the list of runs, as pages come in: newest first, each run once. */
import type { RunSummary } from 'perdure/client';

export interface RunRows {
  rows: readonly RunSummary[];
  /** Of what comes after the last row; null at the end. Undefined while nothing is known. */
  nextCursor: string | null | undefined;
}

export const noRows: RunRows = { rows: [], nextCursor: undefined };

export interface Page {
  runs: readonly RunSummary[];
  nextCursor: string | null;
}

/** What the newest page says of its stretch is all there is in it: runs that do not fit the filter any more go. */
export function withNewest(before: RunRows, { runs, nextCursor }: Page): RunRows {
  const last = runs.at(-1);
  if (nextCursor === null || last === undefined) return { rows: runs, nextCursor: null };
  const ids = new Set(runs.map(({ id }) => id));
  const older = before.rows.filter((run) => isAfter(run, last) && !ids.has(run.id));
  return {
    rows: reuse(before.rows, [...runs, ...older]),
    nextCursor: older.length > 0 && before.nextCursor !== undefined ? before.nextCursor : nextCursor,
  };
}

/** The page after the last row. */
export function withOlder(before: RunRows, { runs, nextCursor }: Page): RunRows {
  const ids = new Set(before.rows.map(({ id }) => id));
  return { rows: [...before.rows, ...runs.filter(({ id }) => !ids.has(id))], nextCursor };
}

/** Rows in the place of those of the same runs. */
export function withFresh(before: RunRows, fresh: readonly RunSummary[]): RunRows {
  const byId = new Map(fresh.map((run) => [run.id, run]));
  const rows = before.rows.map((run) => byId.get(run.id) ?? run);
  return { ...before, rows: reuse(before.rows, rows) };
}

const isAfter = (run: RunSummary, last: RunSummary): boolean =>
  run.createdAt < last.createdAt || (run.createdAt === last.createdAt && run.id < last.id);

/** The objects of before where nothing has changed, so that what shows them need not do so anew. */
function reuse(before: readonly RunSummary[], rows: readonly RunSummary[]): readonly RunSummary[] {
  const known = new Map(before.map((run) => [run.id, run]));
  return rows.map((run) => {
    const old = known.get(run.id);
    return old !== undefined && isSame(old, run) ? old : run;
  });
}

const isSame = (a: RunSummary, b: RunSummary): boolean =>
  a.status === b.status && a.lastSeq === b.lastSeq && a.finishedAt === b.finishedAt;
