/** The feed of a run for components: one for each run, kept for a while when pages change. */
import { useSyncExternalStore } from 'react';
import { followFeed, type RunFeed } from '../data/run-feed.js';
import { client } from '../data/session.js';

const feeds = new Map<string, RunFeed>();
const MOST_KEPT = 6;

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
  useSyncExternalStore(feed.subscribe, feed.version);
  return feed;
}
