/** The plan as a graph: what waits for what, from left to right. */
import { Maximize, Workflow, ZoomIn, ZoomOut } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { layersOf, stepBeside, type Layers } from '../data/plan-layers.js';
import type { RunPicture } from '../data/run-picture.js';
import { Empty, Loading } from '../parts/notices.js';
import { GraphNode, NODE } from './graph-node.js';
import { useGraphView, ZOOM_STEP, type GraphView } from './graph-view.js';

const GAP = { x: 46, y: 14 };
const EDGE_PX = 16;
/** Pixels beside what is in sight in which steps are there already. */
const AROUND_PX = 400;
/** Below it, words are too small to be read. */
const FAR = 0.4;

const x = (column: number): number => EDGE_PX + column * (NODE.width + GAP.x);
const y = (row: number): number => EDGE_PX + row * (NODE.height + GAP.y);

interface GraphProps {
  picture: RunPicture;
  version: number;
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}

export function Graph(props: GraphProps): ReactElement {
  const { picture } = props;
  const shape = [...picture.steps.values()].map(({ id, dependsOn }) => `${id}<${dependsOn.join()}`).join(' ');
  const layers = useMemo(
    () => layersOf([...picture.steps.values()]),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- all that matters is who waits for whom
    [picture, shape],
  );
  if (layers.placed.length > 0) return <Canvas {...props} layers={layers} />;
  return picture.events.length === 0 ? (
    <Loading what="the plan" />
  ) : (
    <Empty icon={Workflow} title={picture.end === null ? 'No plan yet' : 'It ended without a plan'} />
  );
}

function Canvas(props: GraphProps & { layers: Layers }): ReactElement {
  const { picture, version, chosen, onChoose, layers } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = Math.max(0, x(layers.columns) - GAP.x + EDGE_PX);
  const height = y(layers.rows) - GAP.y + EDGE_PX;
  const [begin] = useState(() => layers.placed[0]);
  const view = useGraphView(
    scroller,
    { width, height },
    useMemo(
      () =>
        begin === undefined
          ? undefined
          : { x: x(begin.column) + NODE.width / 2, y: y(begin.row) + NODE.height / 2 },
      [begin],
    ),
  );
  const { seen, zoom } = view;
  const around = AROUND_PX / zoom;
  const isSeen = (column: number, row: number): boolean =>
    x(column) + NODE.width > seen.left - around &&
    x(column) < seen.left + seen.width + around &&
    y(row) + NODE.height > seen.top - around &&
    y(row) < seen.top + seen.height + around;
  const first = chosen !== undefined && picture.steps.has(chosen) ? chosen : layers.placed[0]?.id;
  const [focused, setFocused] = useState<string>();
  const reached = focused !== undefined && picture.steps.has(focused) ? focused : first;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && chosen !== undefined) onChoose(undefined);
    else if (event.key === '+' || event.key === '=') view.zoomBy(ZOOM_STEP);
    else if (event.key === '-') view.zoomBy(1 / ZOOM_STEP);
    else if (event.key === '0') view.fit();
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
  return (
    <div className="graph card" onKeyDown={onKeyDown}>
      <div
        ref={scroller}
        className="graph-scroll"
        role="group"
        aria-label="The plan as a graph"
        data-version={version}
      >
        <div style={{ width: width * zoom, height: height * zoom, overflow: 'hidden' }}>
          <div className="graph-canvas" style={{ width, height, transform: `scale(${zoom})` }}>
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
                  <GraphNode
                    key={id}
                    step={step}
                    left={x(column)}
                    top={y(row)}
                    isChosen={id === chosen}
                    isReached={id === reached}
                    isFar={zoom < FAR}
                    onFocus={setFocused}
                    onChoose={onChoose}
                  />
                );
              })}
          </div>
        </div>
      </div>
      <ZoomButtons view={view} />
    </div>
  );
}

function ZoomButtons({ view: { zoom, zoomBy, fit } }: { view: GraphView }): ReactElement {
  const buttons = [
    {
      name: 'Zoom out',
      key: '-',
      icon: ZoomOut,
      act: () => {
        zoomBy(1 / ZOOM_STEP);
      },
    },
    {
      name: 'Zoom in',
      key: '+',
      icon: ZoomIn,
      act: () => {
        zoomBy(ZOOM_STEP);
      },
    },
    { name: 'Show all of it', key: '0', icon: Maximize, act: fit },
  ];
  return (
    <div className="graph-zoom" role="group" aria-label="Zoom">
      <output className="num dim small">{Math.round(zoom * 100)}%</output>
      {buttons.map(({ name, key, icon: Icon, act }) => (
        <button
          key={name}
          type="button"
          className="button icon"
          aria-label={name}
          title={`${name} (${key})`}
          onClick={act}
        >
          <Icon aria-hidden="true" />
        </button>
      ))}
    </div>
  );
}
