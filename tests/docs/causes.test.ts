/** docs/diagnosis.md has every cause of `why`, in the order in which they are looked for, and a test of each for real. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { whyCauses } from '../../contracts/why.js';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');

test('every cause is documented, in its order', async () => {
  const rows = [...(await read('docs/diagnosis.md')).matchAll(/^\| `(\w+)` \|/gm)].map(([, cause]) => cause);
  expect(rows).toEqual(whyCauses);
});

test('every cause is made to happen for real', async () => {
  const tests = `${await read('tests/faults/why.test.ts')}${await read('tests/faults/why-code.test.ts')}`;
  const asked = new Set([...tests.matchAll(/await why\(.*?, '(\w+)'\)/gs)].map(([, cause]) => cause));
  expect(whyCauses.filter((cause) => !asked.has(cause))).toEqual([]);
});
