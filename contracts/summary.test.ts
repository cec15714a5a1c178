import { expect, test } from 'vitest';
import { summaryOf } from './summary.js';

test('a summary is one line of at most 400 bytes, cut between characters', () => {
  expect(summaryOf('  two\n lines\tof  text ')).toBe('two lines of text');
  const long = summaryOf('😀'.repeat(500));
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(400);
  expect(long.endsWith('😀…')).toBe(true);
  expect(summaryOf('half \ud83d')).toBe('half \uFFFD');
});

test('what looks like a link or like HTML stays text', () => {
  expect(summaryOf('[free](https://evil.test) <b>x</b> 1 < 2')).toBe(
    '[free]\u200B(https://evil.test) <\u200Bb>x<\u200B/b> 1 < 2',
  );
});
