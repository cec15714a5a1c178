/** Lines over time, drawn by uPlot; beside them in words what they say at the pointer, or at last. */
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import uPlot from 'uplot';
import { theme } from '../app/theme.js';
import { useStore } from '../data/store.js';
import { clockTime } from './format.js';
import { useDarkness } from './use-darkness.js';

export interface ChartLine {
  name: string;
  /** Of the tones of the style. */
  tone: string;
  /** One for each time; null where nothing is known. */
  values: readonly (number | null)[];
}

const HEIGHT = 132;

export function Chart(props: {
  title: string;
  /** Seconds since 1970. */
  times: readonly number[];
  lines: readonly ChartLine[];
  say: (value: number) => string;
  /** Whether a value holds until the next one. */
  stepped?: boolean;
}): ReactElement {
  const { title, times, lines, say, stepped = false } = props;
  const figure = useRef<HTMLElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const isDark = useDarkness();
  const chosen = useStore(theme);
  const data = useMemo(
    () => [[...times], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData,
    [times, lines],
  );
  // What is made anew only when colours or lines change.
  const shape = `${isDark} ${chosen} ${lines.map(({ name }) => name).join()}`;
  useEffect(() => {
    if (place.current === null || figure.current === null) return;
    const host = place.current;
    const made = new uPlot(
      {
        ...optionsOf(figure.current, { lines: lines.length, say, stepped, onPoint: setPointed }),
        width: host.clientWidth,
        height: HEIGHT,
      },
      data,
      host,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => {
      made.setSize({ width: host.clientWidth, height: HEIGHT });
    });
    resized.observe(host);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- data and words go their own way
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);

  const at = pointed === null ? null : times[pointed];
  return (
    <figure className="chart card" ref={figure}>
      <figcaption>
        <h3>{title}</h3>
        <span className="dim small num">{at == null ? 'last' : clockTime(at * 1_000)}</span>
        <ul>
          {lines.map(({ name, tone, values }) => {
            const value = pointed === null ? values.findLast((one) => one !== null) : values[pointed];
            return (
              <li key={name} data-tone={tone}>
                <span className="dim">{name}</span>{' '}
                <span className="num">{value == null ? '–' : say(value)}</span>
              </li>
            );
          })}
        </ul>
      </figcaption>
      <div ref={place} role="img" aria-label={inWords(title, lines, say)} />
    </figure>
  );
}

function inWords(title: string, lines: readonly ChartLine[], say: (value: number) => string): string {
  const parts = lines.map(({ name, values }) => {
    const known = values.filter((value) => value !== null);
    const last = known.at(-1);
    return last === undefined
      ? `${name}: none`
      : `${name}: ${say(last)} at last, ${say(Math.max(...known))} at most`;
  });
  return `${title}. ${parts.join('; ')}`;
}

interface Drawing {
  lines: number;
  say: (value: number) => string;
  stepped: boolean;
  onPoint: (index: number | null) => void;
}

function optionsOf(
  figure: HTMLElement,
  { lines, say, stepped, onPoint }: Drawing,
): Omit<uPlot.Options, 'width' | 'height'> {
  const paths = stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  const colours = [...figure.querySelectorAll('li')].map((line) => getComputedStyle(line).color);
  const text = getComputedStyle(figure.querySelector('.dim') ?? figure).color;
  const grid = { stroke: getComputedStyle(figure).borderTopColor, width: 1 };
  const axis = { stroke: text, grid, ticks: { show: false }, font: '11px Inter Variable, sans-serif' };
  return {
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    padding: [8, 22, 0, 0],
    scales: { y: { range: (_plot, _low, high) => [0, high <= 0 ? 1 : high * 1.1] } },
    axes: [
      { ...axis, size: 24, space: 80, values: (_plot, times) => times.map(timeMark(times)) },
      { ...axis, size: 58, space: 34, values: (_plot, values) => values.map(say) },
    ],
    series: [
      {},
      ...Array.from({ length: lines }, (_, i) => ({
        ...(colours[i] === undefined ? {} : { stroke: colours[i] }),
        ...(paths === undefined ? {} : { paths }),
        width: 1.75,
        spanGaps: false,
        // Only what has nothing beside it would not be seen without.
        points: {
          ...(colours[i] === undefined ? {} : { fill: colours[i] }),
          show: true,
          size: 5,
          filter: ({ data }: uPlot, at: number) => alone(data[at] ?? []),
        },
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor }) => {
          onPoint(cursor.left === undefined || cursor.left < 0 ? null : (cursor.idx ?? null));
        },
      ],
    },
  };
}

/** To the second only where the marks are that near to one another. */
const timeMark =
  (times: readonly number[]) =>
  (at: number): string =>
    clockTime(at * 1_000).slice(0, (times[1] ?? Infinity) - (times[0] ?? 0) < 60 ? 8 : 5);

const alone = (values: ArrayLike<number | null | undefined>): number[] =>
  Array.from(values).flatMap((value, i, all) =>
    value != null && all[i - 1] == null && all[i + 1] == null ? [i] : [],
  );
