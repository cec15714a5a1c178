/** Two runs side by side: what they came to, and where their steps differ. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import type { Run } from 'perdure/client';
import { runQuery } from '../data/queries.js';
import type { StepPicture } from '../data/step-picture.js';
import { count, duration, plural, shortId } from '../parts/format.js';
import { JsonView } from '../parts/json-view.js';
import { Failure, Loading } from '../parts/notices.js';
import { Status } from '../parts/status.js';
import { useTitle } from '../parts/title.js';
import { useRunFeed } from '../run/use-run-feed.js';

export interface CompareSearch {
  a?: string | undefined;
  b?: string | undefined;
}

export function ComparePage(): ReactElement {
  useTitle('Compare');
  const { a, b } = useSearch({ from: '/compare' });
  return (
    <div className="page">
      <h1>Compare two runs</h1>
      {a === undefined || b === undefined ? <Choice a={a} b={b} /> : <Both a={a} b={b} />}
    </div>
  );
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** Any two, by their ids or addresses. */
function Choice(given: CompareSearch): ReactElement {
  const navigate = useNavigate();
  const [ids, setIds] = useState({ a: given.a ?? '', b: given.b ?? '' });
  const [a, b] = [uuid.exec(ids.a)?.[0], uuid.exec(ids.b)?.[0]];
  return (
    <form
      className="form card entry"
      onSubmit={(event) => {
        event.preventDefault();
        if (a !== undefined && b !== undefined) void navigate({ to: '/compare', search: { a, b } });
      }}
    >
      <p className="dim">
        A run that goes on from another one, as a retry or a fork does, has a button that leads here.
      </p>
      <div className="columns">
        {(['a', 'b'] as const).map((name) => (
          <div className="field" key={name}>
            <label htmlFor={`run-${name}`}>{name === 'a' ? 'A run' : 'And another'}</label>
            <input
              id={`run-${name}`}
              className="input mono"
              placeholder="Its id or address"
              required
              value={ids[name]}
              onChange={({ target }) => {
                setIds((before) => ({ ...before, [name]: target.value }));
              }}
            />
          </div>
        ))}
      </div>
      <div className="buttons">
        <button
          type="submit"
          className="button primary"
          disabled={a === undefined || b === undefined || a === b}
        >
          Compare
        </button>
      </div>
    </form>
  );
}

function Both({ a, b }: { a: string; b: string }): ReactElement {
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const [first, second] = [useQuery(runQuery(a)), useQuery(runQuery(b))];
  const [left, right] = [useRunFeed(a).picture.steps, useRunFeed(b).picture.steps];
  const error = first.error ?? second.error;
  if (error !== null) return <Failure error={error} />;
  if (first.data === undefined || second.data === undefined) return <Loading what="both runs" />;
  const ids = [...new Set([...left.keys(), ...right.keys()])];
  const rows = ids.map((id) => ({ id, differs: differencesOf(left.get(id), right.get(id)) }));
  const different = rows.filter(({ differs }) => differs.length > 0);
  const shown = onlyDifferent ? different : rows;
  return (
    <>
      <div className="row">
        <span className="num" role="status">
          {different.length === 0
            ? 'No step differs'
            : `${plural(different.length, 'step')} of ${count(ids.length)} ${different.length === 1 ? 'differs' : 'differ'}`}
        </span>
        {different.length > 0 && different.length < ids.length && (
          <label className="choice">
            <input
              type="checkbox"
              checked={onlyDifferent}
              onChange={({ target }) => {
                setOnlyDifferent(target.checked);
              }}
            />
            Only those
          </label>
        )}
      </div>
      <table className="table compare">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <Head run={first.data} />
            <Head run={second.data} />
          </tr>
        </thead>
        <tbody>
          {shown.map(({ id, differs }) => (
            <tr key={id} data-different={differs.length > 0}>
              <th scope="row">
                <code>{id}</code>
                {differs.length > 0 && <span className="tag">differs: {differs.join(', ')}</span>}
              </th>
              <Cell step={left.get(id)} />
              <Cell step={right.get(id)} />
            </tr>
          ))}
          <tr data-different={JSON.stringify(first.data.result) !== JSON.stringify(second.data.result)}>
            <th scope="row">Result</th>
            {[first.data, second.data].map(({ id, result, error: failure }) => (
              <td key={id}>
                {failure === null ? (
                  <JsonView value={result} label={`the result of ${id}`} />
                ) : (
                  failure.message
                )}
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </>
  );
}

const Head = ({ run }: { run: Run }): ReactElement => (
  <th scope="col">
    <Link to="/runs/$runId" params={{ runId: run.id }}>
      {run.goal}
    </Link>
    <div className="run-facts small">
      <Status state={run.status} />
      <code className="dim">{shortId(run.id)}</code>
      {run.origin !== null && <span className="dim">{run.origin.kind}</span>}
    </div>
  </th>
);

/** All that makes a step what it is, but for its times. */
const parts: Record<string, (step: StepPicture) => unknown> = {
  tool: ({ tool }) => tool,
  arguments: ({ args }) => args,
  output: ({ output }) => output,
  outcome: ({ state }) => (state === 'reused' ? 'completed' : state),
};

function differencesOf(one: StepPicture | undefined, other: StepPicture | undefined): string[] {
  if (one === undefined || other === undefined) return ['only in one'];
  return Object.keys(parts).filter(
    (name) => JSON.stringify(parts[name]?.(one)) !== JSON.stringify(parts[name]?.(other)),
  );
}

function Cell({ step }: { step: StepPicture | undefined }): ReactElement {
  const [open, setOpen] = useState(false);
  if (step === undefined) return <td className="dim">not in this run</td>;
  const took = step.startedAt !== null && step.endedAt !== null ? step.endedAt - step.startedAt : null;
  return (
    <td>
      <div className="run-facts">
        <Status state={step.state} />
        <code className="dim">{step.tool}</code>
        {took !== null && step.state !== 'reused' && <span className="num dim">{duration(took)}</span>}
      </div>
      <details
        onToggle={({ currentTarget }) => {
          setOpen(currentTarget.open);
        }}
      >
        <summary>Arguments and output</summary>
        {/* Of a thousand steps nobody opens all. */}
        {open && <JsonView value={step.args} label={`the arguments of ${step.id}`} />}
        {open && step.output !== null && (
          <JsonView
            value={'value' in step.output ? step.output.value : step.output.preview}
            label={`the output of ${step.id}`}
          />
        )}
      </details>
    </td>
  );
}
