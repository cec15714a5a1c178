/** The API processes that have answered: each tells of its own calls and streams, and behind one address are several. */
import type { System } from 'perdure/client';

type Period = System['periods'][number];

/** One that has not answered for so long is gone, or is asked by nobody here. */
const FORGOTTEN_MS = 120_000;

/** @returns the newest answer of each process, the newest of all last */
export function withAnswer(before: readonly System[], answer: System): System[] {
  const since = Date.parse(answer.askedAt) - FORGOTTEN_MS;
  const others = before.filter(
    ({ server, askedAt }) => server.startedAt !== answer.server.startedAt && Date.parse(askedAt) > since,
  );
  return [...others, answer];
}

/**
 * @param answers the newest last: what is of the whole system is as it says
 * @returns calls and events added up; of times, those of the process that is slowest, for quantiles do not add up
 */
export function periodsOf(answers: readonly System[]): Period[] {
  const newest = answers.at(-1)?.periods ?? [];
  const others = answers.slice(0, -1).map(({ periods }) => new Map(periods.map((one) => [one.from, one])));
  return newest.map((period) => others.reduce((sum, other) => added(sum, other.get(period.from)), period));
}

function added(sum: Period, one: Period | undefined): Period {
  if (one === undefined) return sum;
  const [a, b] = [sum.requests, one.requests];
  return {
    ...sum,
    requests: {
      count: a.count + b.count,
      failed: a.failed + b.failed,
      p50Ms: slower(a.p50Ms, b.p50Ms),
      p95Ms: slower(a.p95Ms, b.p95Ms),
      p99Ms: slower(a.p99Ms, b.p99Ms),
    },
    events: {
      count: sum.events.count + one.events.count,
      p50Ms: slower(sum.events.p50Ms, one.events.p50Ms),
      p95Ms: slower(sum.events.p95Ms, one.events.p95Ms),
    },
  };
}

const slower = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);
