/** Two runs side by side: what they came to, and where their steps differ. */
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { Columns2 } from 'lucide-react';
import type { ReactElement } from 'react';
import type { Run } from 'perdure/client';
import { runQuery } from '../data/queries.js';
import type { StepPicture } from '../data/step-picture.js';
import { duration } from '../parts/format.js';
import { JsonView } from '../parts/json-view.js';
import { Empty, Failure, Loading } from '../parts/notices.js';
import { Status } from '../parts/status.js';
import { useTitle } from '../parts/title.js';
import { useRunFeed } from '../run/use-run-feed.js';

export interface CompareSearch {
  a?: string;
  b?: string;
}

export function ComparePage(): ReactElement {
  useTitle('Compare');
  const { a, b } = useSearch({ from: '/compare' });
  return (
    <div className="page">
      <h1>Compare two runs</h1>
      {a === undefined || b === undefined ? (
        <Empty icon={Columns2} title="Which runs?">
          <p>A run that goes on from another one, as a retry or a fork does, has a button that leads here.</p>
        </Empty>
      ) : (
        <Both a={a} b={b} />
      )}
    </div>
  );
}

function Both({ a, b }: { a: string; b: string }): ReactElement {
  const [first, second] = [useQuery(runQuery(a)), useQuery(runQuery(b))];
  const [left, right] = [useRunFeed(a).picture.steps, useRunFeed(b).picture.steps];
  const error = first.error ?? second.error;
  if (error !== null) return <Failure error={error} />;
  if (first.data === undefined || second.data === undefined) return <Loading what="both runs" />;
  const ids = [...new Set([...left.keys(), ...right.keys()])];
  return (
    <table className="table compare">
      <thead>
        <tr>
          <th scope="col">Step</th>
          <Head run={first.data} />
          <Head run={second.data} />
        </tr>
      </thead>
      <tbody>
        {ids.map((id) => {
          const [one, other] = [left.get(id), right.get(id)];
          const isDifferent = signOf(one) !== signOf(other);
          return (
            <tr key={id} data-different={isDifferent}>
              <th scope="row">
                <code>{id}</code>
                {isDifferent && <span className="tag">differs</span>}
              </th>
              <Cell step={one} />
              <Cell step={other} />
            </tr>
          );
        })}
        <tr data-different={JSON.stringify(first.data.result) !== JSON.stringify(second.data.result)}>
          <th scope="row">Result</th>
          {[first.data, second.data].map(({ id, result, error: failure }) => (
            <td key={id}>
              {failure === null ? <JsonView value={result} label={`the result of ${id}`} /> : failure.message}
            </td>
          ))}
        </tr>
      </tbody>
    </table>
  );
}

const Head = ({ run }: { run: Run }): ReactElement => (
  <th scope="col">
    <Link to="/runs/$runId" params={{ runId: run.id }}>
      {run.goal}
    </Link>
    <div className="run-facts small">
      <Status state={run.status} />
      <code className="dim">{run.id.slice(0, 8)}</code>
      {run.origin !== null && <span className="dim">{run.origin.kind}</span>}
    </div>
  </th>
);

/** All that makes a step what it is, but for its times. */
const signOf = (step: StepPicture | undefined): string =>
  step === undefined
    ? ''
    : JSON.stringify([step.tool, step.args, step.output, step.state === 'reused' ? 'completed' : step.state]);

function Cell({ step }: { step: StepPicture | undefined }): ReactElement {
  if (step === undefined) return <td className="dim">not in this run</td>;
  const took = step.startedAt !== null && step.endedAt !== null ? step.endedAt - step.startedAt : null;
  return (
    <td>
      <div className="run-facts">
        <Status state={step.state} />
        <code className="dim">{step.tool}</code>
        {took !== null && step.state !== 'reused' && <span className="num dim">{duration(took)}</span>}
      </div>
      <details>
        <summary>Arguments and output</summary>
        <JsonView value={step.args} label={`the arguments of ${step.id}`} />
        {step.output !== null && (
          <JsonView
            value={'value' in step.output ? step.output.value : step.output.preview}
            label={`the output of ${step.id}`}
          />
        )}
      </details>
    </td>
  );
}
