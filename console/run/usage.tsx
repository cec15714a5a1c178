/** Tokens and cost as they have grown. */
import { Coins } from 'lucide-react';
import type { ReactElement } from 'react';
import type { RunPicture, UsagePoint } from '../data/run-picture.js';
import { clockTime, count, dollars, short } from '../parts/format.js';
import { Empty } from '../parts/notices.js';

const SIZE = { width: 640, height: 150 };

export function UsageCharts({ picture }: { picture: RunPicture }): ReactElement {
  const { usage } = picture;
  const last = usage.at(-1);
  if (last === undefined)
    return (
      <Empty icon={Coins} title="No model was asked">
        <p>What models read, write and cost appears here with each of their answers.</p>
      </Empty>
    );
  const from = picture.beganAt ?? last.at;
  const to = Math.max(picture.endedAt ?? last.at, from + 1);
  const series = (name: string, of: (point: UsagePoint) => number, say: (value: number) => string) => (
    <Growth name={name} points={usage.map((point) => [point.at, of(point)])} from={from} to={to} say={say} />
  );
  return (
    <div className="details">
      {series('Tokens', ({ inputTokens, outputTokens }) => inputTokens + outputTokens, short)}
      {last.costUsd === null ? (
        <p className="dim">The price of a model is not known, so there is no cost.</p>
      ) : (
        series('Cost', ({ costUsd }) => costUsd ?? 0, dollars)
      )}
      <table className="table">
        <caption className="hidden">Calls of models</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Step</th>
            <th scope="col">Model</th>
            <th scope="col">In</th>
            <th scope="col">Out</th>
            <th scope="col">Cost</th>
          </tr>
        </thead>
        <tbody>
          {picture.events.map((event) =>
            event.type === 'model.called' ? (
              <tr key={event.seq}>
                <td className="num">{clockTime(event.at)}</td>
                <td>{event.stepId ?? event.role}</td>
                <td className="mono">{event.model}</td>
                <td className="num">{count(event.inputTokens)}</td>
                <td className="num">{count(event.outputTokens)}</td>
                <td className="num">{event.costUsd === null ? '?' : dollars(event.costUsd)}</td>
              </tr>
            ) : null,
          )}
        </tbody>
      </table>
    </div>
  );
}

/** A line that rises in steps, with its ground filled. */
function Growth(props: {
  name: string;
  points: readonly (readonly [at: number, value: number])[];
  from: number;
  to: number;
  say: (value: number) => string;
}): ReactElement {
  const { name, points, from, to, say } = props;
  const most = points.at(-1)?.[1] ?? 0;
  const x = (at: number): number => ((at - from) / (to - from)) * SIZE.width;
  const y = (value: number): number =>
    SIZE.height - 4 - (most === 0 ? 0 : (value / most) * (SIZE.height - 24));
  const line = points.map(([at, value]) => `H${x(at).toFixed(1)} V${y(value).toFixed(1)}`).join(' ');
  const path = `M0 ${y(0)} ${line} H${SIZE.width}`;
  return (
    <figure className="growth">
      <figcaption>
        <h2>{name}</h2> <span className="num">{say(most)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}: ${say(most)} in the end`}
      >
        <path className="ground" d={`${path} V${SIZE.height} H0 Z`} />
        <path className="line" d={path} vectorEffect="non-scaling-stroke" />
      </svg>
    </figure>
  );
}
