/** How the whole system does: whether runs would move now, who works, what waits, and the last hour. */
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX, Lock, TriangleAlert } from 'lucide-react';
import { useEffect, useState, type ReactElement } from 'react';
import { PerdureApiError, type System } from 'perdure/client';
import { withAnswer } from '../data/api-processes.js';
import { client } from '../data/session.js';
import { fullTime } from '../parts/format.js';
import { Failure, Loading } from '../parts/notices.js';
import { useTitle } from '../parts/title.js';
import { Canary } from './canary.js';
import { Plots } from './plots.js';
import { Queue } from './queue.js';

const EVERY_MS = 5_000;

const names: Record<string, string> = {
  store: 'Records',
  engine: 'Temporal',
  workspace: 'Files',
  workers: 'Workers',
  'tool-workers': 'Workers of tools',
  bus: 'Wake-ups',
  server: 'This server',
};

export function SystemPage(): ReactElement {
  useTitle('System');
  const system = useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => client.system({ signal }),
    refetchInterval: ({ state: { error } }) => (isForbidden(error) ? false : EVERY_MS),
  });
  const [answers, setAnswers] = useState<readonly System[]>([]);
  const answer = system.data;
  useEffect(() => {
    if (answer !== undefined) setAnswers((before) => withAnswer(before, answer));
  }, [answer]);
  const isRefused = isForbidden(system.error);
  // Whoever may not see the system may still see whether it is ready.
  const readiness = useQuery({
    queryKey: ['readiness'],
    queryFn: ({ signal }) => client.readiness({ signal }),
    refetchInterval: EVERY_MS,
    enabled: isRefused,
  });
  const { data, error, refetch } = isRefused ? readiness : system;
  return (
    <div className="page system">
      <div className="page-head">
        <h1>System</h1>
        {system.data !== undefined && (
          <span className="dim small end">
            perdure {system.data.server.version}, since {fullTime(system.data.server.startedAt)}
          </span>
        )}
      </div>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading what="the state of the system" />}
      {data !== undefined && <Parts ready={data.ready} parts={data.parts} />}
      {isRefused && (
        <div className="notice">
          <Lock aria-hidden="true" />
          <div>
            <strong>The rest is for operators</strong>
            <p className="dim">
              Workers, queues and times are of all tenants. Whoever administers the sign-in can make you an
              operator: <code>app_metadata.perdure_operator</code>.
            </p>
          </div>
        </div>
      )}
      {system.data !== undefined && !isRefused && (
        <>
          <Queue system={system.data} />
          <Plots answers={answers.length === 0 ? [system.data] : answers} />
          <Canary canary={system.data.canary} />
        </>
      )}
    </div>
  );
}

const isForbidden = (error: unknown): boolean => error instanceof PerdureApiError && error.status === 403;

function Parts({ ready, parts }: Pick<System, 'ready' | 'parts'>): ReactElement {
  return (
    <>
      <div className="notice" data-tone={ready ? 'good' : 'bad'} role="status">
        {ready ? <CircleCheck aria-hidden="true" /> : <CircleX aria-hidden="true" />}
        <div>
          <strong>{ready ? 'A run submitted now would move.' : 'A run submitted now would not move.'}</strong>
        </div>
      </div>
      <ul className="parts" aria-label="What runs need">
        {parts.map(({ name, ok, degraded = false, detail }) => {
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
    </>
  );
}
