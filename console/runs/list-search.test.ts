/** What an address says about the list of runs. */
import { expect, test } from 'vitest';
import { filterOf, goalWords, readListSearch } from './list-search.js';

test('nonsense in an address is left out', () => {
  expect(
    readListSearch({ status: ['failed', 'nope', 7], range: '2y', agent: 5, q: { a: 1 }, other: 'x' }),
  ).toEqual({ status: ['failed'] });
  expect(readListSearch({ status: 'running', range: '24h', agent: 'a', q: 12 })).toEqual({
    status: ['running'],
    range: '24h',
    agent: 'a',
    q: '12',
  });
});

test('pairs are asked of the server, words are looked for here', () => {
  const q = 'Refund team="deep blue" order=a=b NOW';
  expect(filterOf({ q }, 0)).toMatchObject({ metadata: { team: 'deep blue', order: 'a=b' } });
  expect(goalWords(q)).toEqual(['refund', 'now']);
});

test('the same filter stays the same for a minute', () => {
  const at = Date.parse('2026-11-26T10:00:30.000Z');
  expect(filterOf({ range: '1h' }, at)).toEqual({ createdAfter: '2026-11-26T09:00:00.000Z' });
  expect(filterOf({ range: '1h' }, at + 20_000)).toEqual(filterOf({ range: '1h' }, at));
});
