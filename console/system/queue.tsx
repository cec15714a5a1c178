/** Who works and how full they are, what waits for them, and which runs stand still. */
import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import type { System } from 'perdure/client';
import { ago, count, duration, fullTime, plural } from '../parts/format.js';
import { useNow } from '../parts/now.js';
import { statusWord } from '../parts/status.js';

/** A task that waits longer than this is late. */
const LATE_MS = 5_000;

export function Queue({ system }: { system: System }): ReactElement {
  const { queue, toolQueue, openRuns, stuckRuns, runsElsewhere } = system;
  const open = openRuns?.reduce((sum, { runs }) => sum + runs, 0) ?? null;
  const stuck = stuckRuns?.reduce((sum, { runs }) => sum + runs, 0) ?? null;
  // Tools may have a task queue of their own, at which activities wait only.
  const calls = toolQueue?.activities;
  const oldest =
    queue === null
      ? null
      : Math.max(
          queue.workflows.backlogAgeMs,
          queue.activities.backlogAgeMs,
          calls === undefined ? 0 : calls.backlogAgeMs,
        );
  return (
    <section aria-label="Workers and what waits" className="part">
      <dl className="figures">
        <Figure name="Open runs" value={open === null ? null : count(open)}>
          {openRuns
            ?.map(({ status, runs }) => `${count(runs)} ${statusWord(status).toLowerCase()}`)
            .join(', ')}
        </Figure>
        <Figure
          name="Standing still"
          value={stuck === null ? null : count(stuck)}
          tone={stuck ? 'bad' : undefined}
        >
          {stuckRuns?.map(({ cause, runs }) => `${count(runs)}: ${cause.replaceAll('_', ' ')}`).join(', ')}
        </Figure>
        <Figure
          name="Waiting tasks"
          value={
            queue === null
              ? null
              : count(queue.workflows.backlog + queue.activities.backlog + (calls?.backlog ?? 0))
          }
        >
          {queue !== null &&
            `${count(queue.workflows.backlog)} of workflows, ${count(queue.activities.backlog)} of activities${calls === undefined ? '' : `, ${count(calls.backlog)} calls of tools`}`}
        </Figure>
        <Figure
          name="The oldest waits"
          value={oldest === null ? null : duration(oldest)}
          tone={oldest !== null && oldest > LATE_MS ? 'warning' : undefined}
        >
          {queue !== null &&
            `${rate(queue.workflows.addRate + queue.activities.addRate)} come, ${rate(queue.workflows.dispatchRate + queue.activities.dispatchRate)} are taken`}
        </Figure>
      </dl>
      {runsElsewhere !== null && runsElsewhere > 0 && (
        <p className="notice" data-tone="warning">
          {plural(runsElsewhere, 'open run')} wait at other task queues than “{queue?.name}”, which no worker
          here polls.
        </p>
      )}
      {queue !== null && <Workers of="runs" queue={queue} />}
      {toolQueue !== null && <Workers of="tools" queue={toolQueue} />}
      {stuck !== null && stuck > 0 && (
        <p>
          <Link to="/" search={{ status: ['queued', 'running'] }}>
            Your runs that are queued or running
          </Link>{' '}
          say on their pages why they stand still.
        </p>
      )}
    </section>
  );
}

const rate = (perSecond: number): string =>
  `${perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))}/s`;

function Figure(props: {
  name: string;
  value: string | null;
  tone?: string | undefined;
  children: ReactNode;
}): ReactElement {
  const { name, value, tone, children } = props;
  return (
    <div className="card" data-tone={tone}>
      <dt className="dim">{name}</dt>
      <dd>
        <strong className="num">{value ?? 'unknown'}</strong>
        <span className="dim small">{children}</span>
      </dd>
    </div>
  );
}

function Workers(props: { of: 'runs' | 'tools'; queue: NonNullable<System['queue']> }): ReactElement {
  const { of, queue } = props;
  const now = useNow(1_000);
  const identities = new Set(
    [...queue.workflows.pollers, ...queue.activities.pollers].map(({ identity }) => identity),
  );
  return (
    <div className="card scroll-x" tabIndex={0} role="group" aria-label={`Workers of ${of}`}>
      <table className="table">
        <caption>
          Workers of {of}, at task queue <code>{queue.name}</code>
          {queue.currentBuild !== null && (
            <>
              , new runs go to build <code>{queue.currentBuild}</code>
            </>
          )}
        </caption>
        <thead>
          <tr>
            <th scope="col">Worker</th>
            <th scope="col">Polls for</th>
            <th scope="col">Last poll</th>
            <th scope="col">Build</th>
            <th scope="col">Places for activities</th>
          </tr>
        </thead>
        <tbody>
          {identities.size === 0 && (
            <tr>
              <td colSpan={5}>
                <strong data-tone="bad" className="status">
                  Nobody has polled for five minutes.
                </strong>
              </td>
            </tr>
          )}
          {[...identities].map((identity) => (
            <Worker key={identity} identity={identity} queue={queue} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Worker(props: { identity: string; queue: NonNullable<System['queue']>; now: number }): ReactElement {
  const { identity, queue, now } = props;
  const polls = (['workflows', 'activities'] as const).flatMap((kind) =>
    queue[kind].pollers
      .filter((poller) => poller.identity === identity)
      .map((poller) => ({ kind, ...poller })),
  );
  const last =
    polls
      .map(({ lastPollAt }) => lastPollAt)
      .toSorted()
      .at(-1) ?? '';
  const places = queue.workers?.find((worker) => worker.identity === identity);
  const all = places === undefined ? 0 : places.used + places.free;
  return (
    <tr>
      <td className="mono">{identity}</td>
      <td>{[...new Set(polls.map(({ kind }) => kind))].join(', ')}</td>
      <td className="num" title={fullTime(last)}>
        {ago(last, Math.max(now, Date.parse(last)))}
      </td>
      <td className="mono">{polls[0]?.build ?? '–'}</td>
      <td className="num">
        {places === undefined ? (
          '–'
        ) : (
          <span className="row">
            <meter
              min={0}
              max={Math.max(1, all)}
              value={places.used}
              aria-label={`Taken places of ${identity}`}
            />
            {places.used} of {count(all)}
          </span>
        )}
      </td>
    </tr>
  );
}
