import { describe, expect, it } from 'vitest';
import { workspacePath } from './workspace-path.js';

describe('workspacePath', () => {
  it.each(['a', 'a/b.csv', 'ü/ñ.txt', 'a..b', '.hidden', 'with space', '100%'])('takes %j', (p) => {
    expect(workspacePath(p)).toBe(p.normalize('NFC'));
  });
  it.each([
    '',
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/../b',
    'a/..',
    './a',
    'a//b',
    'a/',
    'a\\b',
    '..\\x',
    'a\u0000b',
    'a\nb',
    'C:/x',
    'c:x',
    '%2e%2e/x',
    'a%2fb',
    'a%5Cb',
    'a%00b',
    '%252e%252e/x',
    '.perdure/x',
    '.PERDURE/x',
    'x'.repeat(300),
  ])('refuses %j', (p) => {
    expect(() => workspacePath(p)).toThrow(expect.objectContaining({ code: 'invalid_path' }));
  });
  it('lets perdure itself into its folder', () => {
    expect(workspacePath('.perdure/outputs/a.json', { system: true })).toBe('.perdure/outputs/a.json');
  });
});
