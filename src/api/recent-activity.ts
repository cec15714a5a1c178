/** What this process has answered and handed on in the last hour, minute by minute, in memory. */
import type { SystemPeriod } from '../../contracts/system.js';
import type { ApiMeter } from '../ports/meters.js';

export type RecentPeriod = Pick<SystemPeriod, 'from' | 'requests' | 'events'>;

export interface RecentActivity {
  /** The same meter, which is listened to from now on. */
  heardBy(meter: ApiMeter): ApiMeter;
  /** The oldest first, without gaps; the last one has not ended. */
  periods(): RecentPeriod[];
}

export const PERIOD_SECONDS = 60;
const PERIODS = 60;
/** Times of one period that are kept, each with the same chance: quantiles need no more. */
const SAMPLE = 1_000;

interface Minute {
  index: number;
  failed: number;
  requests: Sample;
  events: Sample;
  streams: number;
}

/** @param now milliseconds since 1970 */
export function createRecentActivity(now: () => number = Date.now): RecentActivity {
  const minutes: Minute[] = [];
  const indexNow = (): number => Math.floor(now() / (PERIOD_SECONDS * 1_000));
  const current = (): Minute => {
    const index = indexNow();
    const last = minutes.at(-1);
    if (last !== undefined && last.index >= index) return last;
    const minute = { index, failed: 0, streams: 0, requests: newSample(), events: newSample() };
    minutes.push(minute);
    if (minutes.length > PERIODS) minutes.shift();
    return minute;
  };
  return {
    heardBy: (meter) => ({
      ...meter,
      answered(request) {
        meter.answered(request);
        // Probes and the console's own files would hide what callers wait for.
        if (!request.route.startsWith('/v1/')) return;
        const minute = current();
        if (request.status >= 500) minute.failed += 1;
        if (request.seconds === null) minute.streams += 1;
        else add(minute.requests, request.seconds * 1_000);
      },
      delivered(seconds) {
        meter.delivered(seconds);
        add(current().events, seconds * 1_000);
      },
    }),
    periods() {
      const last = indexNow();
      const byIndex = new Map(minutes.map((minute) => [minute.index, minute]));
      return Array.from({ length: PERIODS }, (_, i) => {
        const index = last - PERIODS + 1 + i;
        const from = new Date(index * PERIOD_SECONDS * 1_000).toISOString();
        return { from, ...shown(byIndex.get(index)) };
      });
    },
  };
}

function shown(minute: Minute | undefined): Omit<RecentPeriod, 'from'> {
  const [requests, events] = [quantiles(minute?.requests), quantiles(minute?.events)];
  return {
    requests: {
      count: (minute?.requests.seen ?? 0) + (minute?.streams ?? 0),
      failed: minute?.failed ?? 0,
      p50Ms: requests(0.5),
      p95Ms: requests(0.95),
      p99Ms: requests(0.99),
    },
    events: { count: minute?.events.seen ?? 0, p50Ms: events(0.5), p95Ms: events(0.95) },
  };
}

interface Sample {
  seen: number;
  values: number[];
}

const newSample = (): Sample => ({ seen: 0, values: [] });

/** Reservoir sampling: Vitter, Random Sampling with a Reservoir, 1985, algorithm R. */
function add(sample: Sample, value: number): void {
  sample.seen += 1;
  if (sample.values.length < SAMPLE) sample.values.push(value);
  else {
    const place = Math.floor(Math.random() * sample.seen);
    if (place < SAMPLE) sample.values[place] = value;
  }
}

/** To the nearest that was measured; null where nothing was. */
function quantiles(sample: Sample | undefined): (share: number) => number | null {
  const sorted = (sample?.values ?? []).toSorted((a, b) => a - b);
  return (share) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return value === undefined ? null : Math.max(0, Math.round(value * 10) / 10);
  };
}
