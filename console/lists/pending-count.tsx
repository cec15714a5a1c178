/** How many approvals and questions wait, of all runs. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { pendingApprovalsQuery } from '../data/queries.js';

export function PendingCount(): ReactElement | null {
  const { data } = useQuery(pendingApprovalsQuery);
  const pending = data?.approvals.length ?? 0;
  return pending === 0 ? null : (
    <span className="count num">
      {pending}
      {data?.nextCursor === null ? '' : '+'}
      <span className="hidden"> waiting</span>
    </span>
  );
}
