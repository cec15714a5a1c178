/** The feed of a run for components: one for each run, kept for a while when pages change. */
import { useCallback, useSyncExternalStore } from 'react';
import { followFeed, type RunFeed } from '../data/run-feed.js';
import { client } from '../data/session.js';

const feeds = new Map<string, RunFeed>();
const MOST_KEPT = 6;
/** A browser has six connections to a server of HTTP/1.1, for all its tabs: those that nobody sees let go of theirs. */
const HIDDEN_MS = 20_000;

function feedOf(runId: string): RunFeed {
  const known = feeds.get(runId);
  // The one that was asked for last is let go last.
  feeds.delete(runId);
  const feed = known ?? followFeed(client, runId);
  feeds.set(runId, feed);
  for (const id of feeds.keys()) if (feeds.size > MOST_KEPT) feeds.delete(id);
  return feed;
}

export function useRunFeed(runId: string): RunFeed {
  const feed = feeds.get(runId) ?? feedOf(runId);
  const subscribe = useCallback((onChange: () => void) => whileSeen(feed, onChange), [feed]);
  useSyncExternalStore(subscribe, feed.version);
  return feed;
}

function whileSeen(feed: RunFeed, onChange: () => void): () => void {
  let leave: (() => void) | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    if (!document.hidden) leave ??= feed.subscribe(onChange);
    else
      timer = setTimeout(() => {
        leave?.();
        leave = null;
      }, HIDDEN_MS);
  };
  look();
  document.addEventListener('visibilitychange', look);
  return () => {
    document.removeEventListener('visibilitychange', look);
    clearTimeout(timer);
    leave?.();
  };
}
