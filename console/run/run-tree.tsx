/** The runs of a run's sub-agents, and theirs. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { isTerminal, type RunSummary } from 'perdure/client';
import { client } from '../data/session.js';
import { duration } from '../parts/format.js';
import { Failure, Loading } from '../parts/notices.js';
import { Status } from '../parts/status.js';

const MOST = 200;
/** Deeper runs are opened by hand. */
const OPEN_DEPTH = 2;

export function RunTree({ runId, depth = 0 }: { runId: string; depth?: number }): ReactElement {
  const { data, error } = useQuery({
    queryKey: ['children', runId],
    queryFn: ({ signal }) => client.list({ parent: runId, limit: MOST }, { signal }),
    refetchInterval: ({ state }) =>
      state.data?.runs.every(({ status }) => isTerminal(status)) === true ? 15_000 : 3_000,
  });
  if (error !== null) return <Failure error={error} />;
  if (data === undefined) return <Loading what="the runs of its sub-agents" lines={2} />;
  if (data.runs.length === 0)
    return <p className="dim">{depth === 0 ? 'It has handed on to no sub-agent.' : 'None below.'}</p>;
  return (
    <ul className="tree">
      {data.runs.toReversed().map((run) => (
        <Branch key={run.id} run={run} depth={depth} />
      ))}
    </ul>
  );
}

function Branch({ run, depth }: { run: RunSummary; depth: number }): ReactElement {
  const [open, setOpen] = useState(depth < OPEN_DEPTH - 1);
  const end = run.finishedAt === null ? null : Date.parse(run.finishedAt);
  return (
    <li>
      <div className="branch">
        <Status state={run.status} />
        <Link to="/runs/$runId" params={{ runId: run.id }} className="ellipsis">
          {run.goal}
        </Link>
        <span className="dim small">{run.agent}</span>
        {run.startedAt !== null && end !== null && (
          <span className="dim small num">{duration(end - Date.parse(run.startedAt))}</span>
        )}
        <button
          type="button"
          className="button quiet"
          aria-expanded={open}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {open ? 'Less' : 'Below'}
        </button>
      </div>
      {open && <RunTree runId={run.id} depth={depth + 1} />}
    </li>
  );
}
