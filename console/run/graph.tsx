/** The plan as a graph: what waits for what, from left to right. */
import { Workflow } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { layersOf, stepBeside } from '../data/plan-layers.js';
import type { RunPicture } from '../data/run-picture.js';
import type { StepPicture } from '../data/step-picture.js';
import { duration } from '../parts/format.js';
import { Empty, Loading } from '../parts/notices.js';
import { StatusIcon, statusWord } from '../parts/status.js';

const NODE = { width: 178, height: 50 };
const GAP = { x: 46, y: 14 };
const EDGE_PX = 16;
/** Pixels beside what is in sight in which steps are there already. */
const AROUND_PX = 400;

export function Graph(props: {
  picture: RunPicture;
  version: number;
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}): ReactElement {
  const { picture, version, chosen, onChoose } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const seen = useSeen(scroller);
  const shape = [...picture.steps.values()].map(({ id, dependsOn }) => `${id}<${dependsOn.join()}`).join(' ');
  const layers = useMemo(
    () => layersOf([...picture.steps.values()]),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- all that matters is who waits for whom
    [picture, shape],
  );
  const x = (column: number): number => EDGE_PX + column * (NODE.width + GAP.x);
  const y = (row: number): number => EDGE_PX + row * (NODE.height + GAP.y);
  const width = Math.max(0, x(layers.columns) - GAP.x + EDGE_PX);
  const height = y(layers.rows) - GAP.y + EDGE_PX;
  const isSeen = (column: number, row: number): boolean =>
    x(column) + NODE.width > seen.left - AROUND_PX &&
    x(column) < seen.left + seen.width + AROUND_PX &&
    y(row) + NODE.height > seen.top - AROUND_PX &&
    y(row) < seen.top + seen.height + AROUND_PX;
  const first = chosen !== undefined && picture.steps.has(chosen) ? chosen : layers.placed[0]?.id;
  const [focused, setFocused] = useState<string>();
  const reached = focused !== undefined && picture.steps.has(focused) ? focused : first;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && chosen !== undefined) onChoose(undefined);
    else {
      const from = event.target instanceof HTMLElement ? event.target.dataset.step : undefined;
      const next = from === undefined ? undefined : stepBeside(layers, from, event.key);
      if (next === undefined) return;
      // It may be too far away to be there yet.
      setFocused(next);
      requestAnimationFrame(() => {
        scroller.current?.querySelector<HTMLElement>(`[data-step="${CSS.escape(next)}"]`)?.focus();
      });
    }
    event.preventDefault();
  };
  // What an address has named is in sight.
  const [shown] = useState(chosen);
  useEffect(() => {
    if (shown === undefined) return;
    const node = scroller.current?.querySelector(`[data-step="${CSS.escape(shown)}"]`);
    node?.scrollIntoView({ block: 'center', inline: 'center' });
  }, [shown]);
  if (layers.placed.length === 0)
    return picture.events.length === 0 ? (
      <Loading what="the plan" />
    ) : (
      <Empty icon={Workflow} title={picture.end === null ? 'No plan yet' : 'It ended without a plan'} />
    );
  return (
    <div
      ref={scroller}
      onKeyDown={onKeyDown}
      className="graph card"
      role="group"
      aria-label="The plan as a graph"
      data-version={version}
    >
      <div style={{ width, height, position: 'relative' }}>
        <svg width={width} height={height} aria-hidden="true">
          {layers.edges
            .filter(({ from, to }) => isSeen(from.column, from.row) || isSeen(to.column, to.row))
            .map(({ from, to }) => {
              const [x1, y1] = [x(from.column) + NODE.width, y(from.row) + NODE.height / 2];
              const [x2, y2] = [x(to.column), y(to.row) + NODE.height / 2];
              const bend = Math.max(24, (x2 - x1) / 2);
              return (
                <path
                  key={`${from.id} ${to.id}`}
                  className={chosen === from.id || chosen === to.id ? 'edge chosen' : 'edge'}
                  d={`M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
                />
              );
            })}
        </svg>
        {layers.placed
          .filter(({ id, column, row }) => isSeen(column, row) || id === chosen || id === reached)
          .map(({ id, column, row }) => {
            const step = picture.steps.get(id);
            return step === undefined ? null : (
              <Node
                key={id}
                step={step}
                left={x(column)}
                top={y(row)}
                isChosen={id === chosen}
                isReached={id === reached}
                onFocus={setFocused}
                onChoose={onChoose}
              />
            );
          })}
      </div>
    </div>
  );
}

function Node(props: {
  step: StepPicture;
  left: number;
  top: number;
  isChosen: boolean;
  /** Of all of them, the one that Tab reaches; from it, arrows lead on. */
  isReached: boolean;
  onFocus: (id: string) => void;
  onChoose: (id: string | undefined) => void;
}): ReactElement {
  const { step, left, top, isChosen, isReached, onFocus, onChoose } = props;
  const took =
    step.startedAt !== null && step.endedAt !== null && step.state !== 'reused'
      ? step.endedAt - step.startedAt
      : null;
  return (
    <button
      type="button"
      className="node"
      data-tone={step.state}
      data-step={step.id}
      aria-pressed={isChosen}
      tabIndex={isReached ? 0 : -1}
      title={step.title ?? step.id}
      onFocus={() => {
        onFocus(step.id);
      }}
      style={{ left, top, width: NODE.width, height: NODE.height }}
      onClick={() => {
        onChoose(isChosen ? undefined : step.id);
      }}
    >
      <StatusIcon state={step.state} />
      <span className="hidden">{statusWord(step.state)}: </span>
      <span className="ellipsis" dir="auto">
        {step.title ?? step.id}
      </span>
      {step.dependsOn.length > 0 && <span className="hidden">waits for {step.dependsOn.join(', ')}; </span>}
      <span className="ellipsis dim small">
        <span className="mono">{step.tool}</span>
        {took !== null && <span className="num"> · {duration(took)}</span>}
      </span>
    </button>
  );
}

/** What of a scroller's content is in sight. */
function useSeen(place: React.RefObject<HTMLDivElement | null>) {
  const [seen, setSeen] = useState({ left: 0, top: 0, width: 1_600, height: 1_000 });
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    let asked = false;
    const look = (): void => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        const { scrollLeft: left, scrollTop: top, clientWidth: width, clientHeight: height } = element;
        setSeen({ left, top, width, height });
      });
    };
    look();
    element.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [place]);
  return seen;
}
