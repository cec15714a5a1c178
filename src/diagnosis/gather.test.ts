import { expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import { pauseOf } from './gather.js';

const at = '2026-01-02T03:04:05.000Z';
const of = { runId: '01890a5d-ac96-774b-bcce-b302099a8057', at };
const paused: RunEvent = {
  ...{ ...of, seq: 7, type: 'run.paused', limit: 'tokens' },
  reason: 'the budget is used up: 120 of 100 tokens',
};
const exhausted = (seq: number, max: number): RunEvent => ({
  ...{ ...of, seq, type: 'budget.exhausted', limit: 'tokens', max, used: 120, onExhausted: 'pause' },
});

test('a larger budget that is used up, too, is the one that is told of', () => {
  const before = [exhausted(6, 100), paused];
  expect(pauseOf(before)).toEqual({
    ...{ at, by: null, limit: 'tokens', reason: 'the budget is used up: 120 of 100 tokens' },
  });
  expect(pauseOf([...before, exhausted(9, 110)])).toMatchObject({
    ...{ limit: 'tokens', reason: 'the budget is used up: 120 of 110 tokens' },
  });
  expect(pauseOf([exhausted(6, 100)])).toBeNull();
});

test('a pause that somebody has asked for stays that', () => {
  const asked: RunEvent = { ...of, seq: 7, type: 'run.paused', by: 'me', reason: 'to look' };
  expect(pauseOf([asked, exhausted(8, 100)])).toEqual({ at, by: 'me', reason: 'to look', limit: null });
});
