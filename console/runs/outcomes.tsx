/** What became of the runs over time: a bar for each period, its failures on top. */
import type { ReactElement } from 'react';
import type { RunStatus, Statistics } from 'perdure/client';
import { count, fullTime, plural, short } from '../parts/format.js';

/** From the ground up. Those that are still open are one. */
const layers: readonly { tone: string; name: string; of: readonly RunStatus[] }[] = [
  { tone: 'completed', name: 'completed', of: ['completed'] },
  { tone: 'running', name: 'open', of: ['queued', 'running', 'waiting', 'paused'] },
  { tone: 'cancelled', name: 'cancelled', of: ['cancelled'] },
  { tone: 'failed', name: 'failed', of: ['failed'] },
];
const HEIGHT = 44;
const BAR = 10;
/** Of whatever there is, so much can be seen. */
const LEAST = 2;

export function Outcomes({ statistics, name }: { statistics: Statistics; name: string }): ReactElement {
  const { periods } = statistics;
  const totals = layers.map(({ of }) => periods.reduce((sum, { runs }) => sum + sumOf(runs, of), 0));
  const all = totals.reduce((sum, total) => sum + total, 0);
  const most = Math.max(1, ...periods.map(({ runs }) => sumOf(runs, Object.keys(runs) as RunStatus[])));
  const said = layers.flatMap(({ name: layer }, i) =>
    totals[i] === 0 ? [] : [`${count(totals[i] ?? 0)} ${layer}`],
  );
  const [ended, failed] = [(totals[0] ?? 0) + (totals[3] ?? 0), totals[3] ?? 0];
  return (
    <figure className="outcomes card">
      <figcaption>
        <span className="dim">{name}</span> <strong className="num">{plural(all, 'run')}</strong>
        {ended > 0 && <span className="num dim ends">{percent(ended - failed, ended)} completed</span>}
      </figcaption>
      <svg
        viewBox={`0 0 ${periods.length * BAR} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}: ${said.length === 0 ? 'no runs' : said.join(', ')}`}
      >
        {periods.map(({ from, runs }, i) => (
          <Bar key={from} x={i * BAR} runs={runs} most={most} title={`${fullTime(from)}: ${titleOf(runs)}`} />
        ))}
        <line x1={0} x2={periods.length * BAR} y1={HEIGHT} y2={HEIGHT} vectorEffect="non-scaling-stroke" />
      </svg>
    </figure>
  );
}

function Bar(props: { x: number; runs: Statistics['runs']; most: number; title: string }): ReactElement {
  const { x, runs, most, title } = props;
  let y = HEIGHT;
  return (
    <g>
      <title>{title}</title>
      {/* So that the pointer need not meet the bar itself. */}
      <rect className="ground" x={x} y={0} width={BAR} height={HEIGHT} />
      {layers.map(({ tone, of }) => {
        const n = sumOf(runs, of);
        if (n === 0) return null;
        const height = Math.max(LEAST, (n / most) * (HEIGHT - LEAST * layers.length));
        y -= height;
        return <rect key={tone} data-tone={tone} x={x + 1} y={y} width={BAR - 2} height={height} />;
      })}
    </g>
  );
}

const sumOf = (runs: Statistics['runs'], of: readonly RunStatus[]): number =>
  of.reduce((sum, status) => sum + runs[status], 0);

const titleOf = (runs: Statistics['runs']): string =>
  layers
    .flatMap(({ name, of }) => (sumOf(runs, of) === 0 ? [] : [`${short(sumOf(runs, of))} ${name}`]))
    .join(', ') || 'no runs';

/** Never "100%" with a failure among them. */
function percent(part: number, whole: number): string {
  const exact = (part / whole) * 100;
  return `${part < whole ? Math.min(99.9, Math.floor(exact * 10) / 10) : 100}%`;
}
