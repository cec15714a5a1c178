/** Pages of runs put together. */
import { expect, test } from 'vitest';
import type { RunSummary } from 'perdure/client';
import { noRows, withFresh, withNewest, withOlder, type RunRows } from './run-list.js';

const run = (n: number, status: RunSummary['status'] = 'running'): RunSummary =>
  ({
    id: `run-${n}`,
    status,
    lastSeq: status === 'running' ? 1 : 2,
    finishedAt: null,
    createdAt: new Date(1_700_000_000_000 + n * 1_000).toISOString(),
  }) as RunSummary;
const ids = ({ rows }: RunRows): string[] => rows.map(({ id }) => id);

test('the newest page goes before older ones, and takes nothing from them', () => {
  let rows = withNewest(noRows, { runs: [run(4), run(3)], nextCursor: 'after-3' });
  rows = withOlder(rows, { runs: [run(2), run(1)], nextCursor: null });
  rows = withNewest(rows, { runs: [run(5), run(4)], nextCursor: 'after-4' });
  expect(ids(rows)).toEqual(['run-5', 'run-4', 'run-3', 'run-2', 'run-1']);
  expect(rows.nextCursor).toBeNull();
});

test('a run that does not fit the filter any more goes with the next look at its stretch', () => {
  let rows = withNewest(noRows, { runs: [run(4), run(3), run(2)], nextCursor: 'c' });
  rows = withNewest(rows, { runs: [run(4), run(2)], nextCursor: 'c' });
  expect(ids(rows)).toEqual(['run-4', 'run-2']);
  expect(ids(withNewest(rows, { runs: [], nextCursor: null }))).toEqual([]);
});

test('rows that have not changed stay the same objects', () => {
  const first = withNewest(noRows, { runs: [run(2), run(1)], nextCursor: null });
  const next = withNewest(first, { runs: [run(2, 'completed'), run(1)], nextCursor: 'c' });
  expect(next.rows[0]).not.toBe(first.rows[0]);
  expect(next.rows[1]).toBe(first.rows[1]);
  const fresh = withFresh(next, [run(1, 'failed'), run(9)]);
  expect(fresh.rows.map(({ status }) => status)).toEqual(['completed', 'failed']);
});

test('a page that comes twice adds nothing', () => {
  const page = { runs: [run(2), run(1)], nextCursor: 'c' };
  const rows = withOlder(withOlder(noRows, page), page);
  expect(ids(rows)).toEqual(['run-2', 'run-1']);
});
