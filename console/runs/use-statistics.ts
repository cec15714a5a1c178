/** The counts of the runs that the list shows, of every status; asked for again and again, as the list is. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { RunFilter, Statistics } from 'perdure/client';
import { client } from '../data/session.js';

const EVERY_MS = 5_000;

export function useStatistics({ agent, createdAfter, metadata }: RunFilter): Statistics | undefined {
  const filter = { agent, createdAfter, metadata };
  const { data } = useQuery({
    queryKey: ['runs', 'statistics', JSON.stringify(filter)],
    queryFn: ({ signal }) => client.statistics(filter, { signal }),
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
  });
  return data;
}
