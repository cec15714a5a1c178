/** One run: what it is, why it moves or does not, its steps in time, and all that has happened. */
import { Tabs } from '@base-ui/react/tabs';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { FileQuestionMark } from 'lucide-react';
import { lazy, Suspense, useCallback, type ReactElement } from 'react';
import { isTerminal } from 'perdure/client';
import { runQuery } from '../data/queries.js';
import { isNotFound, share } from '../data/session.js';
import { Empty, Failure, Loading } from '../parts/notices.js';
import { useTitle } from '../parts/title.js';
import { Approvals } from './approvals.js';
import { Details } from './details.js';
import { EventList } from './event-list.js';
import { Files } from './files.js';
import { ForkButton } from './fork-dialog.js';
import { Graph } from './graph.js';
import { Outcome } from './outcome.js';
import { RunHead } from './run-head.js';
import { runTabs, type RunTab } from './run-search.js';
import { StepPanel } from './step-panel.js';
import { Timeline } from './timeline.js';
import { useRunFeed } from './use-run-feed.js';
import { WhyBanner } from './why-banner.js';

/** With what draws it. */
const UsageCharts = lazy(() => import('./usage.js').then((module) => ({ default: module.UsageCharts })));

const names: Record<RunTab, string> = {
  timeline: 'Timeline',
  graph: 'Graph',
  events: 'Events',
  files: 'Files',
  usage: 'Usage',
  details: 'Details',
};

export function RunPage(): ReactElement {
  const { runId } = useParams({ from: '/runs/$runId' });
  const { tab = 'timeline', step, file } = useSearch({ from: '/runs/$runId' });
  const navigate = useNavigate({ from: '/runs/$runId' });
  const { data: run, error, refetch } = useQuery(runQuery(runId));
  const feed = useRunFeed(runId);
  const { picture } = feed;
  useTitle(run === undefined ? 'Run' : run.goal.slice(0, 80));
  const choose = useCallback(
    (chosen: string | undefined) => {
      void navigate({ search: (before) => ({ ...before, step: chosen }), replace: true });
    },
    [navigate],
  );

  if (error !== null && isNotFound(error))
    return (
      <div className="page">
        <h1 className="hidden">Run</h1>
        <Empty icon={FileQuestionMark} title="There is no such run">
          <p>
            Nothing is known of <code>{runId}</code>: it may have been deleted, or you are signed in to
            another tenant.
          </p>
        </Empty>
      </div>
    );
  if (run === undefined)
    return (
      <div className="page">
        <h1 className="hidden">Run</h1>
        {error === null ? <Loading what="the run" /> : <Failure error={error} again={() => void refetch()} />}
      </div>
    );

  // The feed is the quicker of the two; before it has begun, the record is all there is.
  const status = picture.events.length === 0 ? run.status : picture.status;
  const chosen = step === undefined ? undefined : picture.steps.get(step);
  const counts: Record<RunTab, number | null> = {
    timeline: picture.steps.size,
    graph: null,
    events: picture.lastSeq,
    files: new Set(picture.files.map(({ path }) => path)).size,
    usage: null,
    details: null,
  };
  return (
    <div className="page run" data-panel={chosen !== undefined}>
      <RunHead run={run} status={status} feed={feed} />
      {share === null && (
        <>
          <WhyBanner runId={runId} isOpen={!isTerminal(status)} asks={picture.waitingApprovals.length > 0} />
          <Approvals runId={runId} picture={picture} />
        </>
      )}
      <Outcome picture={picture} />
      <Tabs.Root
        className="run-tabs"
        value={tab}
        onValueChange={(next) => {
          void navigate({ search: (before) => ({ ...before, tab: next as RunTab }), replace: true });
        }}
      >
        <Tabs.List className="tabs" aria-label="What to show of the run">
          {runTabs.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {names[one]}
              {counts[one] !== null && counts[one] > 0 && <span className="n">{counts[one]}</span>}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <div className="run-body">
          <Tabs.Panel value={tab} className="run-panel" key={tab}>
            {tab === 'timeline' && (
              <Timeline picture={picture} version={feed.version()} chosen={step} onChoose={choose} />
            )}
            {tab === 'graph' && (
              <Graph picture={picture} version={feed.version()} chosen={step} onChoose={choose} />
            )}
            {tab === 'files' && (
              <Files
                runId={runId}
                changes={picture.files.length}
                chosen={file}
                onChoose={(path) => {
                  void navigate({ search: (before) => ({ ...before, file: path }), replace: true });
                }}
              />
            )}
            {tab === 'usage' && (
              <Suspense fallback={<Loading what="tokens and cost" />}>
                <UsageCharts picture={picture} />
              </Suspense>
            )}
            {tab === 'events' && (
              <EventList picture={picture} version={feed.version()} isOpen={!isTerminal(run.status)} />
            )}
            {tab === 'details' && <Details run={run} picture={picture} />}
          </Tabs.Panel>
          {chosen !== undefined && (
            <StepPanel
              runId={runId}
              step={chosen}
              heardFrom={feed.openedAt}
              actions={
                share === null &&
                isTerminal(status) && <ForkButton key={chosen.id} runId={runId} step={chosen} />
              }
              onClose={() => {
                const row = `.run-panel [data-step="${CSS.escape(chosen.id)}"]`;
                document.querySelector<HTMLElement>(row)?.focus();
                choose(undefined);
              }}
            />
          )}
        </div>
      </Tabs.Root>
    </div>
  );
}
