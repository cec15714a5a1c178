/** What a process remembers of its last hour. */
import { expect, test } from 'vitest';
import type { ApiMeter } from '../ports/meters.js';
import { createRecentActivity } from './recent-activity.js';

const meterOf = (told: string[]): ApiMeter => ({
  answered: ({ route }) => void told.push(route),
  submitted: () => undefined,
  streamOpened: () => undefined,
  streamClosed: () => undefined,
  delivered: () => void told.push('delivered'),
  checked: () => undefined,
  observed: () => undefined,
});
const answer = (seconds: number | null, status = 200, route = '/v1/runs') => ({
  ...{ method: 'GET', route, status, seconds },
});

test('requests and events are counted and timed by the minute, and the meter behind is told all the same', () => {
  let now = Date.UTC(2026, 10, 26, 10, 0, 30);
  const recent = createRecentActivity(() => now);
  const told: string[] = [];
  const meter = recent.heardBy(meterOf(told));
  for (let i = 1; i <= 100; i += 1) meter.answered(answer(i / 1_000));
  meter.answered(answer(null));
  meter.answered(answer(1, 503));
  meter.answered(answer(9, 500, '/readyz'));
  now += 120_000;
  meter.delivered(0.02);
  const periods = recent.periods();
  expect(periods).toHaveLength(60);
  expect(periods.at(-3)).toEqual({
    from: '2026-11-26T10:00:00.000Z',
    requests: { count: 102, failed: 1, p50Ms: 51, p95Ms: 96, p99Ms: 100 },
    events: { count: 0, p50Ms: null, p95Ms: null },
  });
  expect(periods.at(-2)?.requests).toEqual({ count: 0, failed: 0, p50Ms: null, p95Ms: null, p99Ms: null });
  expect(periods.at(-1)?.events).toEqual({ count: 1, p50Ms: 20, p95Ms: 20 });
  expect(told).toHaveLength(104);
  now += 3_600_000;
  expect(recent.periods().every(({ requests, events }) => requests.count + events.count === 0)).toBe(true);
});

test('of many times a sample is kept, and its quantiles are near to those of all', () => {
  const recent = createRecentActivity(() => 1_000_000_000);
  const meter = recent.heardBy(meterOf([]));
  for (let i = 0; i < 50_000; i += 1) meter.answered(answer(i / 50_000));
  const { requests } = recent.periods().at(-1) ?? {};
  expect(requests?.count).toBe(50_000);
  expect(requests?.p50Ms).toBeGreaterThan(400);
  expect(requests?.p50Ms).toBeLessThan(600);
});
