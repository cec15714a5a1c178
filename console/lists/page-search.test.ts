/** What an address says about the audit log and the tools. */
import { expect, test } from 'vitest';
import { readAuditSearch, readToolSearch } from './page-search.js';

test('what makes no sense in an address is left out', () => {
  expect(readAuditSearch({ subject: 'key:1', action: '', outcome: ['ok'], other: 'x' })).toEqual({
    subject: 'key:1',
  });
  expect(readAuditSearch({ outcome: 404 })).toEqual({ outcome: '404' });
  expect(readToolSearch({ q: { a: 1 } })).toEqual({});
  expect(readToolSearch({ q: 'file', subject: 'x' })).toEqual({ q: 'file' });
});
