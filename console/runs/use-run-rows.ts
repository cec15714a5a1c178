/** The rows of the list: the newest asked for again and again, older ones as somebody scrolls to them. */
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { isTerminal, type RunFilter, type RunSummary } from 'perdure/client';
import { noRows, withFresh, withNewest, withOlder, type RunRows } from '../data/run-list.js';
import { client } from '../data/session.js';

const PAGE = 100;
/** As many as one answer may have: whoever scrolls wants to get on. */
const OLDER_PAGE = 200;
const NEWEST_EVERY_MS = 2_500;
const SEEN_EVERY_MS = 5_000;
/** Open runs in sight that the newest page does not hold: as many are looked after. */
const MOST_SEEN = 20;

export interface ListedRuns extends RunRows {
  isLoading: boolean;
  isLoadingOlder: boolean;
  error: unknown;
  again: () => void;
  loadOlder: () => void;
  /** Tells which rows are in sight, by index. */
  see: (from: number, to: number) => void;
}

export function useRunRows(filter: RunFilter): ListedRuns {
  const key = JSON.stringify(filter);
  const [held, setHeld] = useState<{ key: string; rows: RunRows }>({ key, rows: noRows });
  const rows = held.key === key ? held.rows : noRows;
  const change = useCallback(
    (how: (before: RunRows) => RunRows) => {
      setHeld((before) => ({ key, rows: how(before.key === key ? before.rows : noRows) }));
    },
    [key],
  );

  const newest = useQuery({
    queryKey: ['runs', 'newest', key],
    queryFn: ({ signal }) => client.list({ ...filter, limit: PAGE }, { signal }),
    refetchInterval: NEWEST_EVERY_MS,
  });
  const { data } = newest;
  useEffect(() => {
    if (data !== undefined) change((before) => withNewest(before, data));
  }, [data, change]);

  const [older, setOlder] = useState<{ loading: boolean; error: unknown }>({ loading: false, error: null });
  const loading = useRef(false);
  const cursor = rows.nextCursor;
  const loadOlder = useCallback(() => {
    if (loading.current || cursor === null || cursor === undefined) return;
    loading.current = true;
    setOlder({ loading: true, error: null });
    client
      .list({ ...filter, limit: OLDER_PAGE, cursor })
      .then(
        (page) => {
          change((before) => (before.nextCursor === cursor ? withOlder(before, page) : before));
          setOlder({ loading: false, error: null });
        },
        (error: unknown) => {
          setOlder({ loading: false, error });
        },
      )
      .finally(() => {
        loading.current = false;
      });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key stands for the filter
  }, [cursor, key, change]);

  const see = useSeenRuns(rows.rows, change);
  return useMemo(
    () => ({
      ...rows,
      isLoading: newest.isPending || (data !== undefined && rows === noRows),
      isLoadingOlder: older.loading,
      error: newest.error ?? older.error,
      again: () => {
        void newest.refetch();
        loadOlder();
      },
      loadOlder,
      see,
    }),
    [rows, newest, data, older, loadOlder, see],
  );
}

/** Looks after open runs in sight that are older than the newest page. */
function useSeenRuns(
  rows: readonly RunSummary[],
  change: (how: (before: RunRows) => RunRows) => void,
): (from: number, to: number) => void {
  const seen = useRef<{ from: number; to: number }>({ from: 0, to: 0 });
  const latest = useRef(rows);
  latest.current = rows;
  useEffect(() => {
    const look = async (): Promise<void> => {
      const { from, to } = seen.current;
      const open = latest.current
        .slice(Math.max(from, PAGE), to)
        .filter(({ status }) => !isTerminal(status))
        .slice(0, MOST_SEEN);
      const fresh = await Promise.all(open.map(({ id }) => client.get(id).catch(() => null)));
      change((before) =>
        withFresh(
          before,
          fresh.filter((run) => run !== null),
        ),
      );
    };
    const timer = setInterval(() => void look(), SEEN_EVERY_MS);
    return () => {
      clearInterval(timer);
    };
  }, [change]);
  return useCallback((from, to) => {
    seen.current = { from, to };
  }, []);
}
