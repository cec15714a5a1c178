/** Tokens and cost as they have grown. */
import { Coins } from 'lucide-react';
import type { ReactElement } from 'react';
import type { RunPicture } from '../data/run-picture.js';
import { Chart } from '../parts/chart.js';
import { clockTime, count, dollars, short } from '../parts/format.js';
import { Empty } from '../parts/notices.js';

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
  const to = Math.max(picture.endedAt ?? last.at, last.at);
  // From nothing at the beginning, to what it is at the end.
  const points = [{ at: from, inputTokens: 0, outputTokens: 0, costUsd: 0 }, ...usage, { ...last, at: to }];
  const times = points.map(({ at }) => at / 1_000);
  return (
    <div className="details">
      <div className="charts">
        <Chart
          title="Tokens"
          stepped
          times={times}
          say={short}
          lines={[
            { name: 'read', tone: 'running', values: points.map(({ inputTokens }) => inputTokens) },
            { name: 'written', tone: 'completed', values: points.map(({ outputTokens }) => outputTokens) },
          ]}
        />
        {last.costUsd === null ? (
          <p className="dim">The price of a model is not known, so there is no cost.</p>
        ) : (
          <Chart
            title="Cost"
            stepped
            times={times}
            say={dollars}
            lines={[{ name: 'so far', tone: 'waiting', values: points.map(({ costUsd }) => costUsd) }]}
          />
        )}
      </div>
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
