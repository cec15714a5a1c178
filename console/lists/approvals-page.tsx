/** What waits for a person, of all runs. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheckBig } from 'lucide-react';
import type { ReactElement } from 'react';
import { pendingApprovalsQuery } from '../data/queries.js';
import { ago, fullTime } from '../parts/format.js';
import { Empty, Failure, Loading } from '../parts/notices.js';
import { useNow } from '../parts/now.js';
import { useTitle } from '../parts/title.js';

const kinds = {
  plan: 'Plan',
  step: 'Step',
  call: 'Tool call',
  question: 'Question',
  event: 'Event',
  outcome: 'Outcome unknown',
};

export function ApprovalsPage(): ReactElement {
  useTitle('Approvals');
  const { data, error, refetch } = useQuery(pendingApprovalsQuery);
  const now = useNow(10_000);
  return (
    <div className="page narrow">
      <h1>Waiting for a person</h1>
      {error !== null ? (
        <Failure error={error} again={() => void refetch()} />
      ) : data === undefined ? (
        <Loading what="approvals" />
      ) : data.approvals.length === 0 ? (
        <Empty icon={CircleCheckBig} title="Nobody is waited for">
          <p>Approvals, questions and outcomes that nobody knows appear here as soon as a run asks.</p>
        </Empty>
      ) : (
        <ul className="rows card">
          {data.approvals.map(
            ({ id, runId, kind, title, note, stepId, tool, args, requestedAt, expiresAt }) => (
              <li key={`${runId} ${id}`}>
                <span className="tag">{kinds[kind]}</span>
                <Link to="/runs/$runId" params={{ runId }} search={stepId === null ? {} : { step: stepId }}>
                  {typeof args?.question === 'string'
                    ? args.question
                    : (title ?? note ?? stepId ?? 'The plan')}
                </Link>
                {tool !== null && <code className="dim">{tool}</code>}
                <span className="dim small end" title={fullTime(requestedAt)}>
                  {ago(requestedAt, now)}
                  {expiresAt !== null && `, until ${fullTime(expiresAt)}`}
                </span>
              </li>
            ),
          )}
        </ul>
      )}
    </div>
  );
}
