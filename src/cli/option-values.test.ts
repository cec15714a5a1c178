import { expect, test } from 'vitest';
import { budget } from './option-values.js';

test('a budget is told in short, in one option or in several', () => {
  expect(budget('tokens=200000,cost=0.5', budget('steps=5,seconds=60,then=pause'))).toEqual({
    maxSteps: 5,
    maxSeconds: 60,
    onExhausted: 'pause',
    maxTokens: 200_000,
    maxCostUsd: 0.5,
  });
});

test.each(['', 'tokens', 'tokens=', 'tokens=many', 'words=3', 'then='])('%j is none', (text) => {
  expect(() => budget(text)).toThrow('It must look like');
});
