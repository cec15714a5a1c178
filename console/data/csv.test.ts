/** CSV as people and programs write it. */
import { expect, test } from 'vitest';
import { parseCsv } from './csv.js';

test.each([
  [
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a,b\r\n1,2',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    '"a, b","say ""hi"""\n"two\nlines",',
    [
      ['a, b', 'say "hi"'],
      ['two\nlines', ''],
    ],
  ],
  ['', []],
  ['one', [['one']]],
  ['a,,c', [['a', '', 'c']]],
])('%j', (text, rows) => {
  expect(parseCsv(text)).toEqual(rows);
});

test('what is no CSV comes to an end all the same', () => {
  expect(parseCsv('a,"b\nc').length).toBeGreaterThan(0);
  expect(parseCsv('"a"b,c\nd').length).toBeGreaterThan(0);
});
