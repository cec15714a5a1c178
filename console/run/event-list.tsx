/**
 * Everything that has happened, in its order, each event with its whole JSON where somebody wants it. The newest stays in
 * sight unless somebody reads further up.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import type { RunPicture } from '../data/run-picture.js';
import { clockTime } from '../parts/format.js';
import { JsonView } from '../parts/json-view.js';
import { Loading } from '../parts/notices.js';
import { lineOf } from './event-line.js';

const ROW_PX = 32;
/** Pixels from the end within which the list follows. */
const NEAR_PX = 60;

export function EventList(props: {
  picture: RunPicture;
  version: number;
  /** Whether more is to come: then the newest is what matters. */
  isOpen: boolean;
}): ReactElement {
  const { picture, version, isOpen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  /** By its number, the event that Tab reaches; from it, arrows lead on. */
  const [reached, setReached] = useState<number>();
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const { events } = picture;
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 20,
  });
  useEffect(() => {
    if (follows && events.length > 0 && isOpen) virtual.scrollToIndex(events.length - 1);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- with each change of the picture
  }, [version, follows]);
  if (events.length === 0) return <Loading what="the events" />;
  const unfold = (seq: number): void => {
    // What is read stays where it is.
    setFollows(false);
    setUnfolded((before) => {
      const after = new Set(before);
      if (!after.delete(seq)) after.add(seq);
      return after;
    });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return;
    const from = events.findIndex(({ seq }) => String(seq) === (event.target as HTMLElement).dataset.seq);
    const ways: Record<string, number> = {
      ArrowDown: from + 1,
      j: from + 1,
      ArrowUp: from - 1,
      k: from - 1,
      Home: 0,
      End: events.length - 1,
    };
    const index = ways[event.key];
    if (from === -1 || index === undefined) return;
    event.preventDefault();
    const next = events[Math.min(Math.max(index, 0), events.length - 1)];
    if (next === undefined) return;
    setReached(next.seq);
    virtual.scrollToIndex(events.indexOf(next));
    // A row that was out of sight is there with the next frame.
    requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`[data-seq="${next.seq}"]`)?.focus();
    });
  };
  const rows = virtual.getVirtualItems();
  const isThere = rows.some(({ index }) => events[index]?.seq === reached);
  // Where it has been scrolled away, one of those that are there.
  const tabStop = isThere ? reached : events[rows[Math.floor(rows.length / 2)]?.index ?? 0]?.seq;
  return (
    <div className="events card">
      <div
        ref={scroller}
        className="events-scroll"
        role="region"
        aria-label="Events"
        onKeyDown={onKeyDown}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          setFollows(scrollHeight - scrollTop - clientHeight < NEAR_PX);
        }}
      >
        <ol style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {rows.map(({ index, start }) => {
            const event = events[index];
            if (event === undefined) return null;
            const { tone, text } = lineOf(event);
            const isUnfolded = unfolded.has(event.seq);
            return (
              <li
                key={event.seq}
                ref={virtual.measureElement}
                data-index={index}
                aria-posinset={index + 1}
                aria-setsize={events.length}
                style={{ transform: `translateY(${start}px)` }}
              >
                <button
                  type="button"
                  className="event"
                  data-tone={tone}
                  data-seq={event.seq}
                  aria-expanded={isUnfolded}
                  tabIndex={event.seq === tabStop ? 0 : -1}
                  onFocus={() => {
                    setReached(event.seq);
                  }}
                  onClick={() => {
                    unfold(event.seq);
                  }}
                >
                  <span className="num dim seq">{event.seq}</span>
                  <span className="num dim">{clockTime(event.at)}</span>
                  <code className="kind ellipsis">{event.type}</code>
                  <span className="ellipsis">
                    {event.stepId !== undefined && <strong>{event.stepId} </strong>}
                    {text}
                  </span>
                </button>
                {isUnfolded && (
                  <div className="event-json">
                    <JsonView value={event} label={`event ${event.seq}`} />
                  </div>
                )}
              </li>
            );
          })}
        </ol>
      </div>
      {!follows && picture.end === null && (
        <button
          type="button"
          className="button to-newest"
          onClick={() => {
            setFollows(true);
          }}
        >
          <ArrowDown aria-hidden="true" /> Newest
        </button>
      )}
    </div>
  );
}
