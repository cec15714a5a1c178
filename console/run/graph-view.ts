/** Which part of a graph is in sight, and from how near. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** What is in sight of it, in its own pixels. */
export interface Seen {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface GraphView {
  /** 1 is as large as it is drawn. */
  zoom: number;
  seen: Seen;
  zoomBy: (factor: number) => void;
  /** All of it, as large as there is room for. */
  fit: () => void;
}

export const ZOOM_STEP = 1.25;
const NEAREST = 2;
const FARTHEST = 0.1;
/** The smallest at which its words can be read well: none begins smaller. */
const READABLE = 0.75;

const bounded = (zoom: number, least = FARTHEST, most = NEAREST): number =>
  Math.min(most, Math.max(least, zoom));

/** @param size of the whole graph @param first where it begins to be looked at, in its own pixels */
export function useGraphView(
  scroller: RefObject<HTMLDivElement | null>,
  size: { width: number; height: number },
  first: { x: number; y: number } | undefined,
): GraphView {
  const [zoom, setZoom] = useState(1);
  const [seen, setSeen] = useState<Seen>({ left: 0, top: 0, width: 1_600, height: 1_000 });
  // What stays where it is when the zoom changes: a place of the graph, and of the window onto it.
  const held = useRef<{ at: { x: number; y: number }; on: { x: number; y: number } } | null>(null);
  const shown = useRef(zoom);

  const fitting = useCallback((): number => {
    const { clientWidth = 1, clientHeight = 1 } = scroller.current ?? {};
    return Math.min(clientWidth / size.width, clientHeight / size.height);
  }, [scroller, size.width, size.height]);

  const zoomTo = useCallback(
    (next: number, on?: { x: number; y: number }) => {
      const element = scroller.current;
      if (element === null) return;
      const point = on ?? { x: element.clientWidth / 2, y: element.clientHeight / 2 };
      const before = shown.current;
      held.current = {
        at: { x: (element.scrollLeft + point.x) / before, y: (element.scrollTop + point.y) / before },
        on: point,
      };
      setZoom(bounded(next));
    },
    [scroller],
  );

  const hold = useCallback(
    (at: number) => {
      const keep = held.current;
      held.current = null;
      if (keep !== null) scroller.current?.scrollTo(keep.at.x * at - keep.on.x, keep.at.y * at - keep.on.y);
    },
    [scroller],
  );
  useLayoutEffect(() => {
    shown.current = zoom;
    hold(zoom);
  }, [zoom, hold]);

  // Begins whole where that can be read, and at its first step where not.
  const began = useRef(false);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || began.current) return;
    began.current = true;
    const start = bounded(fitting(), READABLE, 1);
    if (first !== undefined)
      held.current = { at: first, on: { x: first.x * start, y: element.clientHeight / 2 } };
    if (start === 1) hold(1);
    else setZoom(start);
  }, [scroller, fitting, first, hold]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let asked = false;
    const look = (): void => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
        setSeen({
          left: scrollLeft / zoom,
          top: scrollTop / zoom,
          width: clientWidth / zoom,
          height: clientHeight / zoom,
        });
      });
    };
    // Two fingers on a touch pad come as a wheel with Ctrl; the browser would enlarge the whole page.
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      zoomTo(shown.current * Math.exp(-event.deltaY / 300), {
        x: event.clientX - left,
        y: event.clientY - top,
      });
    };
    look();
    element.addEventListener('scroll', look, { passive: true });
    element.addEventListener('wheel', onWheel, { passive: false });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      element.removeEventListener('wheel', onWheel);
      observer.disconnect();
    };
  }, [scroller, zoom, zoomTo]);

  return {
    zoom,
    seen,
    zoomBy: (factor) => {
      zoomTo(shown.current * factor);
    },
    fit: () => {
      zoomTo(Math.min(1, fitting()));
    },
  };
}
