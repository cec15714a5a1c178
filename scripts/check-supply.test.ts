/** The check of what we stand on finds what it looks for. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { auditFaults, lockFaults, whyUnanswered } from './check-supply.mjs';

const rules = { licenses: ['MIT', 'ISC'], licenseExceptions: { known: 'a reason' } };
const integrity = 'sha512-x';

test('this lockfile is as it should be', () => {
  const read = (file: string) =>
    JSON.parse(readFileSync(path.resolve(import.meta.dirname, file), 'utf8')) as never;
  expect(lockFaults(read('../package-lock.json'), read('supply-chain.json'))).toEqual([]);
});

test('licenses, checksums and exceptions that nobody needs are told', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/good': { license: '(MIT OR GPL-3.0)', integrity },
      'node_modules/known-linux-x64': { license: 'MPL-2.0', integrity },
      'node_modules/a/node_modules/@b/c': { license: 'MIT AND GPL-3.0', integrity },
      'node_modules/bare': { license: 'ISC' },
      'node_modules/old': { license: 'ISC', integrity: 'sha1-x' },
      'node_modules/silent': { integrity },
    },
  };
  expect(lockFaults(lock, rules)).toEqual([
    '@b/c has the license MIT AND GPL-3.0',
    'bare has no SHA-512 checksum in the lockfile',
    'old has no SHA-512 checksum in the lockfile',
    'silent has the license (none)',
  ]);
  expect(lockFaults({ packages: {} }, rules)).toEqual([
    'the license exception for known is not needed any more',
  ]);
});

test('holes are told, but for those that are excepted; a registry that does not answer is no clean bill', () => {
  const url = 'https://github.com/advisories/GHSA-x';
  const report = {
    vulnerabilities: {
      a: { name: 'a', severity: 'high', via: [{ title: 'A hole', url }] },
      b: { name: 'b', severity: 'high', via: ['a'] },
    },
  };
  expect(auditFaults(report, {})).toEqual([`a: high, A hole (${url})`]);
  expect(auditFaults(report, { [url]: 'not reached' })).toEqual([]);
  expect(auditFaults({ vulnerabilities: {} }, {})).toEqual([]);
  expect(auditFaults({ message: '405 Method Not Allowed' }, {})).toBeNull();
  expect(auditFaults(null, {})).toBeNull();
});

test('why holes were not looked for is told, whatever came instead of an answer', () => {
  const answered = (body: unknown) => ({ stdout: JSON.stringify(body), stderr: '' });
  expect(whyUnanswered(answered({ statusCode: 405, message: '405 Method Not Allowed' }))).toBe(
    'this registry has no endpoint for it (405)',
  );
  expect(whyUnanswered(answered({ statusCode: 503 }))).toBe('the registry answered 503');
  expect(whyUnanswered(answered({ error: { summary: 'getaddrinfo ENOTFOUND' } }))).toContain('ENOTFOUND');
  expect(whyUnanswered({ stdout: '<html>', stderr: 'npm error no lockfile\nmore' })).toContain('no lockfile');
  expect(whyUnanswered({ stdout: '', stderr: '' })).toContain('nothing');
  expect(whyUnanswered({ error: new Error('spawn npm ENOENT') })).toContain('ENOENT');
});
