/** Runs again and again. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CalendarClock, Pause, Play, Plus, Trash2, Zap } from 'lucide-react';
import { useState, type ReactElement } from 'react';
import type { Schedule } from '../../contracts/schedules.js';
import { client } from '../data/session.js';
import { ConfirmDialog } from '../parts/confirm-dialog.js';
import { DialogButton } from '../parts/dialog-button.js';
import { fullTime, timeIn } from '../parts/format.js';
import { Empty, Failure, Loading } from '../parts/notices.js';
import { Status } from '../parts/status.js';
import { useTitle } from '../parts/title.js';
import { useAction } from '../run/use-action.js';
import { ScheduleDialog } from './schedule-dialog.js';

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function SchedulesPage(): ReactElement {
  useTitle('Schedules');
  const { data, error, refetch } = useQuery({
    queryKey: ['schedules'],
    queryFn: ({ signal }) => client.schedules.list({ signal }),
    refetchInterval: 5_000,
  });
  return (
    <div className="page narrow">
      <div className="page-head">
        <h1>Schedules</h1>
        <DialogButton icon={Plus} label="New schedule" className="button primary end">
          {(close) => <ScheduleDialog onClose={close} />}
        </DialogButton>
      </div>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading what="schedules" />}
      {data?.schedules.length === 0 && (
        <Empty icon={CalendarClock} title="No schedules">
          <p>
            Make one here, by <code>POST /v1/schedules</code>, or by <code>perdure schedules create</code>.
          </p>
        </Empty>
      )}
      {data?.schedules.map((schedule) => (
        <Entry key={schedule.id} schedule={schedule} />
      ))}
    </div>
  );
}

function Entry({ schedule }: { schedule: Schedule }): ReactElement {
  const { id, name, cron, timezone, paused, pauseReason, next, recent, missed, skipped, run, overlap } =
    schedule;
  const [deleting, setDeleting] = useState(false);
  const toggle = useAction<undefined, unknown>(
    () => (paused ? client.schedules.resume(id) : client.schedules.pause(id)),
    paused ? 'The schedule goes on.' : 'The schedule is paused; runs under way go on.',
  );
  const trigger = useAction<undefined, unknown>(() => client.schedules.trigger(id), 'A run is started.');
  const remove = useAction<undefined, unknown>(() => client.schedules.delete(id), 'The schedule is deleted.');
  const close = (): void => {
    setDeleting(false);
  };
  return (
    <section className="card entry">
      <div className="row">
        <h2>{name}</h2>
        {paused && <Status state="paused" chip />}
        <code>{cron}</code>
        <span className="dim">{timezone}</span>
        <span className="row end">
          <button
            type="button"
            className="button"
            onClick={() => {
              trigger.mutate(undefined);
            }}
          >
            <Zap aria-hidden="true" /> Run now
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              toggle.mutate(undefined);
            }}
          >
            {paused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}{' '}
            {paused ? 'Resume' : 'Pause'}
          </button>
          <button
            type="button"
            className="button danger icon"
            aria-label={`Delete ${name}`}
            onClick={() => {
              setDeleting(true);
            }}
          >
            <Trash2 aria-hidden="true" />
          </button>
        </span>
      </div>
      <p className="text">{run.goal}</p>
      <dl className="facts">
        {pauseReason !== null && (
          <>
            <dt>Paused for</dt>
            <dd>{pauseReason}</dd>
          </>
        )}
        <dt>Next</dt>
        <dd>
          {next[0] === undefined ? 'never again' : fullTime(next[0])}
          {next[0] !== undefined && timezone !== ownZone && (
            <span className="dim">
              {' '}
              here, {timeIn(next[0], timezone)} in {timezone}
            </span>
          )}
        </dd>
        <dt>If the run before goes on</dt>
        <dd>{overlap.replace('_', ' ')}</dd>
        {missed + skipped > 0 && (
          <>
            <dt>Left out</dt>
            <dd className="num">
              {missed} by outages, {skipped} as the run before went on
            </dd>
          </>
        )}
        <dt>Newest runs</dt>
        <dd className="row">
          {recent.length === 0 && 'none yet'}
          {recent.slice(0, 5).map(({ runId, scheduledAt }) => (
            <Link key={runId} className="tag" to="/runs/$runId" params={{ runId }}>
              {fullTime(scheduledAt)}
            </Link>
          ))}
        </dd>
      </dl>
      <ConfirmDialog
        open={deleting}
        onClose={close}
        title={`Delete “${name}”?`}
        description="Runs that it has started go on."
        verb="Delete"
        onConfirm={() => {
          remove.mutate(undefined, { onSuccess: close });
        }}
      />
    </section>
  );
}
