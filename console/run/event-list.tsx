/** Everything that has happened, in its order; the newest stays in sight unless somebody reads further up. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import type { RunPicture } from '../data/run-picture.js';
import { clockTime } from '../parts/format.js';
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
  return (
    <div className="events card">
      <div
        ref={scroller}
        className="events-scroll"
        tabIndex={0}
        role="region"
        aria-label="Events"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          setFollows(scrollHeight - scrollTop - clientHeight < NEAR_PX);
        }}
      >
        <ol style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start, size }) => {
            const event = events[index];
            if (event === undefined) return null;
            const { tone, text } = lineOf(event);
            return (
              <li
                key={event.seq}
                className="event"
                data-tone={tone}
                style={{ height: size, transform: `translateY(${start}px)` }}
              >
                <span className="num dim seq">{event.seq}</span>
                <span className="num dim">{clockTime(event.at)}</span>
                <code className="kind ellipsis">{event.type}</code>
                <span className="ellipsis">
                  {event.stepId !== undefined && <strong>{event.stepId} </strong>}
                  {text}
                </span>
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
