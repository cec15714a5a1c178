/** The last hour: what failed, and how long things took. */
import { useMemo, type ReactElement } from 'react';
import type { System } from 'perdure/client';
import { periodsOf } from '../data/api-processes.js';
import { Chart, type ChartLine } from '../parts/chart.js';
import { count, duration } from '../parts/format.js';

type Period = System['periods'][number];

const share = (part: number, all: number): number | null => (all === 0 ? null : (part / all) * 100);
const percent = (value: number): string => `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} %`;
const runsOf = ({ runs }: Period): number => runs.completed + runs.failed + runs.cancelled;

const charts: readonly {
  title: string;
  say: (value: number) => string;
  lines: readonly (Omit<ChartLine, 'values'> & { of: (period: Period) => number | null })[];
}[] = [
  {
    title: 'What fails',
    say: percent,
    lines: [
      { name: 'runs', tone: 'failed', of: (one) => share(one.runs.failed, runsOf(one)) },
      { name: 'calls', tone: 'waiting', of: ({ requests }) => share(requests.failed, requests.count) },
    ],
  },
  {
    title: 'A minute',
    say: (value) => count(Math.round(value)),
    lines: [
      { name: 'runs ended', tone: 'completed', of: runsOf },
      { name: 'calls', tone: 'running', of: ({ requests }) => requests.count },
    ],
  },
  {
    title: 'Runs, until a worker begins',
    say: duration,
    lines: [
      { name: 'half', tone: 'running', of: ({ runs }) => runs.startP50Ms },
      { name: '95 %', tone: 'waiting', of: ({ runs }) => runs.startP95Ms },
    ],
  },
  {
    title: 'Runs, until their end',
    say: duration,
    lines: [
      { name: 'half', tone: 'running', of: ({ runs }) => runs.tookP50Ms },
      { name: '95 %', tone: 'waiting', of: ({ runs }) => runs.tookP95Ms },
    ],
  },
  {
    title: 'Calls, until their answer',
    say: duration,
    lines: [
      { name: 'half', tone: 'running', of: ({ requests }) => requests.p50Ms },
      { name: '95 %', tone: 'waiting', of: ({ requests }) => requests.p95Ms },
      { name: '99 %', tone: 'failed', of: ({ requests }) => requests.p99Ms },
    ],
  },
  {
    title: 'Events, until streams have them',
    say: duration,
    lines: [
      { name: 'half', tone: 'running', of: ({ events }) => events.p50Ms },
      { name: '95 %', tone: 'waiting', of: ({ events }) => events.p95Ms },
    ],
  },
];

export function Plots({ answers }: { answers: readonly System[] }): ReactElement {
  const periods = useMemo(() => periodsOf(answers), [answers]);
  const times = useMemo(() => periods.map(({ from }) => Date.parse(from) / 1_000), [periods]);
  const drawn = useMemo(
    () =>
      charts.map(({ lines, ...chart }) => ({
        ...chart,
        lines: lines.map(({ of, ...line }) => ({ ...line, values: periods.map(of) })),
      })),
    [periods],
  );
  return (
    <section aria-label="The last hour">
      <h2>The last hour</h2>
      <p className="dim small">
        Runs are those of the whole system.{' '}
        {answers.length > 1
          ? `Calls and events are those of the ${answers.length} API processes that have answered this page in the last two minutes, added up; their times are those of the slowest.`
          : 'Calls and events are those of the one API process that has answered this page: of others behind the same address it tells as soon as they answer.'}
      </p>
      <div className="charts">
        {drawn.map((chart) => (
          <Chart key={chart.title} times={times} {...chart} />
        ))}
      </div>
    </section>
  );
}
