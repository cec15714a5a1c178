/** Alerts and dashboards ask for metrics that there are, in queries that Prometheus can read; every alert has a runbook. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { alerts, namesIn, queries } from '../support/monitoring.js';

const root = path.resolve(import.meta.dirname, '../..');

test('every query can be read, and every metric of ours is documented', async () => {
  const documented = await readFile(path.join(root, 'docs/metrics.md'), 'utf8');
  const all = await queries();
  expect(all.length).toBeGreaterThan(30);
  for (const query of all)
    for (const name of namesIn(query))
      if (name.startsWith('perdure_'))
        expect(documented, `${name} in ${query}`).toContain(
          `\`${name.replace(/(?<=_seconds)_(?:bucket|sum|count)$/, '')}\``,
        );
  expect(() => namesIn('sum(rate(x[5m])')).toThrow(/cannot be read/);
});

test('every alert has a runbook', async () => {
  const runbooks = await readFile(path.join(root, 'docs/runbooks.md'), 'utf8');
  const headings = [...runbooks.matchAll(/^## (\w+)$/gm)].map((m) => m[1]);
  expect((await alerts()).map(({ alert }) => alert).toSorted()).toEqual(headings.toSorted());
  for (const { alert, annotations } of await alerts())
    expect(annotations.runbook).toBe(`docs/runbooks.md#${alert.toLowerCase()}`);
});
