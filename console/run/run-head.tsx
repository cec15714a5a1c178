/** The head of a run's page: what it is for, how it does, and what can be done with it. */
import { Link } from '@tanstack/react-router';
import { ChevronLeft, CornerLeftUp, ExternalLink } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { isTerminal, type Run, type RunStatus } from 'perdure/client';
import type { RunFeed } from '../data/run-feed.js';
import { share } from '../data/session.js';
import { CopyButton } from '../parts/copy-button.js';
import { ago, dollars, duration, fullTime, plural, short } from '../parts/format.js';
import { useNow } from '../parts/now.js';
import { Status } from '../parts/status.js';
import { Connection } from './connection.js';
import { RunActions } from './run-actions.js';

export function RunHead(props: { run: Run; status: RunStatus; feed: RunFeed }): ReactElement {
  const { run, status, feed } = props;
  const { picture } = feed;
  const now = useNow(isTerminal(status) ? 30_000 : 1_000);
  const began = picture.startedAt ?? (run.startedAt === null ? null : Date.parse(run.startedAt));
  const ended = picture.endedAt ?? (run.finishedAt === null ? null : Date.parse(run.finishedAt));
  const usage = picture.usage.at(-1);
  return (
    <header className="run-top">
      {share === null && (
        <nav aria-label="Back" className="run-facts">
          <Link to="/" className="back">
            <ChevronLeft size={14} aria-hidden="true" /> Runs
          </Link>
          {run.origin?.kind === 'delegate' && (
            <Link
              to="/runs/$runId"
              params={{ runId: run.origin.runId }}
              search={{ step: run.origin.stepId }}
              className="back"
            >
              <CornerLeftUp size={14} aria-hidden="true" /> Part of another run, its step {run.origin.stepId}
            </Link>
          )}
        </nav>
      )}
      <div className="page-head">
        <h1 className="run-goal-title" dir="auto" title={run.goal}>
          {run.goal}
        </h1>
        {share === null && (
          <div className="actions">
            <RunActions run={run} status={status} picture={picture} />
          </div>
        )}
      </div>
      <div className="run-facts">
        <Status state={status} chip />
        <Connection state={feed.state} again={feed.again} />
        <Fact name="Agent">{run.agent}</Fact>
        <Fact name="Submitted">
          <time dateTime={run.createdAt} title={fullTime(run.createdAt)}>
            {ago(run.createdAt, Math.max(now, Date.parse(run.createdAt)))}
          </time>
        </Fact>
        {began !== null && (
          <Fact name={ended === null ? 'So far' : 'Took'}>
            {duration(Math.max(0, (ended ?? now) - began))}
          </Fact>
        )}
        {usage !== undefined && (
          <>
            <Fact name="Tokens">{short(usage.inputTokens + usage.outputTokens)}</Fact>
            <Fact name="Cost">{usage.costUsd === null ? 'unknown' : dollars(usage.costUsd)}</Fact>
          </>
        )}
        {picture.files.length > 0 && <Fact name="Files">{plural(picture.files.length, 'file')}</Fact>}
        <span className="run-id">
          <code className="dim">{run.id}</code>
          <CopyButton text={run.id} what="the id of the run" />
        </span>
        {run.links.temporal !== null && (
          <a className="small" href={run.links.temporal} target="_blank" rel="noreferrer">
            Temporal Web UI <ExternalLink size={12} aria-hidden="true" />
            <span className="hidden">(opens a new tab)</span>
          </a>
        )}
      </div>
    </header>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }): ReactElement => (
  <span className="fact">
    <span className="dim">{name}</span> <span className="num">{children}</span>
  </span>
);
