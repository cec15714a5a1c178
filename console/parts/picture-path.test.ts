import { expect, test } from 'vitest';
import { picturePath } from './picture-path.js';

test.each([
  ['chart.svg', '', 'chart.svg'],
  ['a%20b.png', 'out', 'out/a b.png'],
  ['../chart.svg', 'out/deep', 'out/chart.svg'],
  ['./chart.svg', 'out', 'out/chart.svg'],
])('%s in %s is %s', (address, folder, path) => {
  expect(picturePath(address, folder)).toBe(path);
});

test.each([
  '',
  '/etc/passwd',
  '//evil.example/x.png',
  'https://evil.example/x.png',
  'data:image/png,x',
  'javascript:1',
])('%s lies elsewhere', (address) => {
  expect(picturePath(address, 'out')).toBeNull();
});

test.each(['../../x.png', '%ff.png', '%', '%E0%A4%A.png', '%c0%ae%c0%ae/x.png'])(
  '%s is no file, and ends no page',
  (address) => {
    expect(picturePath(address, 'out')).toBeNull();
  },
);
