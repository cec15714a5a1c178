import { expect, test } from 'vitest';
import { isTooHeavy } from './markdown-weight.js';

test.each([
  ['marks that open and close nothing', '**a'.repeat(50_000)],
  ['lines through', '~~a'.repeat(50_000)],
  ['pictures within pictures', '![a'.repeat(5_000) + '](x)'.repeat(5_000)],
  ['few of them, deep', '![a'.repeat(101) + '](x)'.repeat(101)],
  ['brackets', '['.repeat(200)],
  ['quotes within quotes', `a\n\n${'>'.repeat(20_000)}b`],
  ['lists within lists', `${'- '.repeat(20_000)}b`],
  ['notes', `${'[^a]'.repeat(30_000)}\n\n[^a]: x`],
  ['after a report', `# A report\n\nFine.\n\n${'_a'.repeat(3_000)}`],
])('is not drawn: %s', (_, text) => {
  expect(isTooHeavy(text)).toBe(true);
});

test('is drawn: a long report with many links', () => {
  expect(isTooHeavy('- **one** [link](https://example.com) and `code`\n\n'.repeat(5_000))).toBe(false);
  expect(isTooHeavy(`> - a\n\n${'-'.repeat(500)}\n`)).toBe(false);
  expect(isTooHeavy('| [a](b) | **c** |\n'.repeat(400))).toBe(false);
});
