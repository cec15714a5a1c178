/** What pages ask for besides the live feed of a run, and how often. */
import { QueryClient, queryOptions } from '@tanstack/react-query';
import { isTerminal } from 'perdure/client';
import { client } from './session.js';
import { unreachableSince } from './connection.js';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The client itself tries again, and a server that is away is asked by connection.ts.
      retry: false,
      networkMode: 'always',
      staleTime: 1_000,
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

unreachableSince.subscribe(() => {
  if (unreachableSince.get() === null) void queries.invalidateQueries();
});

/** The record of a run; what of it changes while it goes on is also in its feed. */
export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['run', id],
    queryFn: ({ signal }) => client.get(id, { signal }),
    refetchInterval: ({ state: { data } }) => (data !== undefined && isTerminal(data.status) ? false : 5_000),
  });

export const whyQuery = (id: string, isOpen: boolean) =>
  queryOptions({
    queryKey: ['why', id],
    queryFn: ({ signal }) => client.why(id, { signal }),
    enabled: isOpen,
    refetchInterval: 4_000,
  });

export const toolsQuery = queryOptions({
  queryKey: ['tools'],
  queryFn: ({ signal }) => client.tools({ signal }),
  staleTime: 60_000,
});

export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: ({ signal }) => client.agents({ signal }),
  staleTime: 60_000,
});

/** Of all runs. */
export const pendingApprovalsQuery = queryOptions({
  queryKey: ['approvals', 'pending'],
  queryFn: ({ signal }) => client.approvals.list({ status: 'pending', limit: 200 }, { signal }),
  refetchInterval: 5_000,
});
