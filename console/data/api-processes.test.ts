/** Several API processes behind one address. */
import { expect, test } from 'vitest';
import type { System } from 'perdure/client';
import { periodsOf, withAnswer } from './api-processes.js';

const nothing = { p50Ms: null, p95Ms: null, p99Ms: null };
const answer = (startedAt: string, askedAt: string, requests: object, from = '10:00'): System =>
  ({
    askedAt: `2026-11-26T${askedAt}:00Z`,
    server: { version: '1', startedAt },
    periods: [
      {
        from,
        requests: { count: 0, failed: 0, ...nothing, ...requests },
        events: { count: 1, p50Ms: 5, p95Ms: 9 },
        runs: { completed: 7 },
      },
    ],
  }) as unknown as System;

test('calls of all that have answered are added up, and of their times the slowest are told', () => {
  let known = withAnswer([], answer('a', '10:00', { count: 9 }));
  known = withAnswer(known, answer('b', '10:01', { count: 4, failed: 1, p95Ms: 30 }));
  known = withAnswer(known, answer('a', '10:01', { count: 10, p95Ms: 80 }));
  expect(known).toHaveLength(2);
  expect(periodsOf(known)).toMatchObject([
    {
      requests: { count: 14, failed: 1, p50Ms: null, p95Ms: 80 },
      events: { count: 2 },
      // Of the whole system, whoever is asked.
      runs: { completed: 7 },
    },
  ]);
});

test('one that is gone is forgotten; minutes that only one knows stay its own', () => {
  const known = withAnswer([answer('a', '10:00', { count: 9 })], answer('b', '10:04', { count: 4 }));
  expect(known.map(({ server }) => server.startedAt)).toEqual(['b']);
  const apart = [answer('a', '10:04', { count: 9 }, '09:00'), answer('b', '10:04', { count: 4 })];
  expect(periodsOf(apart)).toMatchObject([{ requests: { count: 4 } }]);
  expect(periodsOf([])).toEqual([]);
});
