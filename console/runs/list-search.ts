/** What the list of runs shows, as its address tells it. */
import type { RunFilter, RunStatus } from 'perdure/client';
import { runStatuses } from '../../contracts/statuses.js';

export const ranges = {
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
} as const;
export type Range = keyof typeof ranges;

export const rangeNames: Record<Range, string> = {
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
};

export interface ListSearch {
  status?: RunStatus[];
  agent?: string;
  range?: Range;
  /** As it was typed: `team=blue` asks for metadata, other words are looked for among the goals that are loaded. */
  q?: string;
}

/** Whatever an address may hold: what makes no sense is left out. */
export function readListSearch(given: Record<string, unknown>): ListSearch {
  const status = [given.status]
    .flat()
    .filter((one): one is RunStatus => runStatuses.some((known) => known === one));
  const range = Object.keys(ranges).find((one): one is Range => one === given.range);
  return {
    ...(status.length > 0 ? { status } : {}),
    ...(typeof given.agent === 'string' && given.agent !== '' ? { agent: given.agent } : {}),
    ...(range === undefined ? {} : { range }),
    ...((typeof given.q === 'string' && given.q !== '') || typeof given.q === 'number'
      ? { q: String(given.q) }
      : {}),
  };
}

const pair = /^([^\s=]+)=(.+)$/;

/** @param now milliseconds; to the minute, so that the same filter stays the same for a while */
export function filterOf({ status, agent, range, q }: ListSearch, now: number): RunFilter {
  const metadata = Object.fromEntries(
    wordsOf(q).flatMap((word) => {
      const [, name, value] = pair.exec(word) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    status,
    agent,
    ...(range === undefined
      ? {}
      : { createdAfter: new Date(Math.floor((now - ranges[range]) / 60_000) * 60_000).toISOString() }),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}

/** The words to look for among goals, in lower case. */
export const goalWords = (q: string | undefined): string[] =>
  wordsOf(q)
    .filter((word) => !pair.test(word))
    .map((word) => word.toLowerCase());

/** Split at blanks, but for those in quotes: `team="deep blue"`. */
const wordsOf = (q = ''): string[] =>
  [...q.matchAll(/(?:[^\s"]+|"[^"]*"?)+/g)].map(([word]) => word.replaceAll('"', ''));
