/** The runs of a run's sub-agents, and theirs. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState, type ReactElement } from 'react';
import { isTerminal, type RunSummary } from 'perdure/client';
import { client } from '../data/session.js';
import { duration } from '../parts/format.js';
import { Failure, Loading } from '../parts/notices.js';
import { Status } from '../parts/status.js';

const MOST = 200;
/** Deeper runs are opened by hand. */
const OPEN_DEPTH = 2;

/** @param stepId only of this step, where it is told */
export function RunTree(props: { runId: string; stepId?: string; depth?: number }): ReactElement | null {
  const { runId, stepId, depth = 0 } = props;
  const { data, error } = useQuery({
    queryKey: ['children', runId],
    queryFn: ({ signal }) => client.list({ parent: runId, limit: MOST }, { signal }),
    refetchInterval: ({ state }) =>
      state.data?.runs.every(({ status }) => isTerminal(status)) === true ? 15_000 : 3_000,
  });
  if (error !== null) return <Failure error={error} />;
  if (data === undefined) return <Loading what="the runs of its sub-agents" lines={depth === 0 ? 2 : 1} />;
  const runs = data.runs
    .filter(({ origin }) => stepId === undefined || (origin?.kind === 'delegate' && origin.stepId === stepId))
    .toReversed();
  // Below a run that has no sub-agents there is nothing to say.
  if (runs.length === 0) return depth === 0 ? <p className="dim">It has handed on to no sub-agent.</p> : null;
  return (
    <>
      <ul className="tree">
        {runs.map((run) => (
          <Branch key={run.id} run={run} depth={depth} />
        ))}
      </ul>
      {data.nextCursor !== null && <p className="dim small">Only the newest {MOST} are shown.</p>}
    </>
  );
}

function Branch({ run, depth }: { run: RunSummary; depth: number }): ReactElement {
  const [open, setOpen] = useState(depth < OPEN_DEPTH - 1);
  const end = run.finishedAt === null ? null : Date.parse(run.finishedAt);
  const Icon = open ? ChevronDown : ChevronRight;
  return (
    <li>
      <div className="branch">
        <button
          type="button"
          className="button quiet icon"
          aria-expanded={open}
          aria-label={`${open ? 'Fold' : 'Unfold'} what is below ${run.goal.slice(0, 80)}`}
          onClick={() => {
            setOpen(!open);
          }}
        >
          <Icon aria-hidden="true" />
        </button>
        <Status state={run.status} />
        <Link to="/runs/$runId" params={{ runId: run.id }} className="ellipsis" dir="auto">
          {run.goal}
        </Link>
        <span className="dim small">{run.agent}</span>
        {run.startedAt !== null && end !== null && (
          <span className="dim small num">{duration(end - Date.parse(run.startedAt))}</span>
        )}
      </div>
      {open && <RunTree runId={run.id} depth={depth + 1} />}
    </li>
  );
}
