/** Whether runs would move now: each part that they need, and the workers. */
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX, TriangleAlert } from 'lucide-react';
import type { ReactElement } from 'react';
import { client } from '../data/session.js';
import { Failure, Loading } from '../parts/notices.js';
import { useTitle } from '../parts/title.js';

const names: Record<string, string> = {
  store: 'Records',
  engine: 'Temporal',
  workspace: 'Files',
  workers: 'Workers',
  bus: 'Wake-ups',
  server: 'This server',
};

export function SystemPage(): ReactElement {
  useTitle('System');
  const { data, error, refetch } = useQuery({
    queryKey: ['readiness'],
    queryFn: ({ signal }) => client.readiness({ signal }),
    refetchInterval: 5_000,
  });
  return (
    <div className="page narrow">
      <h1>System</h1>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading what="the state of the system" />}
      {data !== undefined && (
        <>
          <div className="notice" data-tone={data.ready ? 'good' : 'bad'} role="status">
            {data.ready ? <CircleCheck aria-hidden="true" /> : <CircleX aria-hidden="true" />}
            <div>
              <strong>
                {data.ready ? 'A run submitted now would move.' : 'A run submitted now would not move.'}
              </strong>
            </div>
          </div>
          <ul className="parts">
            {data.parts.map(({ name, ok, degraded = false, detail }) => {
              const tone = !ok ? 'bad' : degraded ? 'warning' : 'good';
              const Icon = { bad: CircleX, warning: TriangleAlert, good: CircleCheck }[tone];
              return (
                <li key={name} className="card entry" data-tone={tone}>
                  <span className="status">
                    <Icon aria-hidden="true" />
                    {names[name] ?? name}
                  </span>
                  <p>{detail}</p>
                </li>
              );
            })}
          </ul>
          <p className="dim">
            Numbers over time are at <code>/metrics</code>, for Prometheus; the dashboard that comes with
            perdure shows them.
          </p>
        </>
      )}
    </div>
  );
}
