/** Whether what is shown is what is, said honestly. */
import { Radio, RefreshCw, TriangleAlert } from 'lucide-react';
import type { ReactElement } from 'react';
import type { FeedState } from '../data/run-feed.js';
import { useNow } from '../parts/now.js';

export function Connection({ state, again }: { state: FeedState; again: () => void }): ReactElement | null {
  const now = useNow(state.kind === 'reconnecting' ? 500 : null);
  switch (state.kind) {
    case 'ended':
      return null;
    case 'connecting':
      return <span className="status dim">Connecting …</span>;
    case 'live':
      return (
        <span className="status" data-tone="good" title="Events arrive as they happen">
          <Radio aria-hidden="true" /> Live
        </span>
      );
    case 'reconnecting': {
      const seconds = Math.max(0, Math.ceil((state.until - now) / 1_000));
      return (
        <span className="status" data-tone="warning" role="status" title={state.reason}>
          <RefreshCw aria-hidden="true" />
          {/* Said once, and not with every second of the wait. */}
          <span>Disconnected</span>
          <span aria-hidden="true">
            ; try {state.attempt} {seconds > 0 ? `in ${seconds} s` : 'now'}
          </span>
        </span>
      );
    }
    case 'failed':
      return (
        <span className="run-facts">
          <span className="status wraps" data-tone="bad" role="status">
            <TriangleAlert aria-hidden="true" /> No live events: {state.error.message}
          </span>
          <button type="button" className="button" onClick={again}>
            Try again
          </button>
        </span>
      );
  }
}
