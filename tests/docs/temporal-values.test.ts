/** A Temporal by its own chart is told the same as one by its file. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const folder = path.resolve(import.meta.dirname, '../../deploy/temporal');
const read = async (name: string): Promise<unknown> => parse(await readFile(path.join(folder, name), 'utf8'));

test('the values for Temporal’s chart have our dynamic configuration, whole', async () => {
  const file = await read('dynamic-config.yaml');
  expect(Object.keys(file as object).length).toBeGreaterThan(3);
  const { server } = (await read('helm-values.yaml')) as { server: { dynamicConfig: object } };
  expect(server.dynamicConfig).toEqual(file);
});
