/** Alerts and dashboards ask for metrics that there are, in queries that Prometheus can read; every alert has a runbook. */
import { readdir, readFile } from 'node:fs/promises';
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

interface Dashboard {
  uid: string;
  templating: { list: { name: string }[] };
  panels: { id: number }[];
}

test('what a dashboard leads to is there, and takes what it is handed', async () => {
  const folder = path.join(root, 'deploy/monitoring/dashboards');
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(path.join(folder, name), 'utf8')),
  );
  const dashboards = new Map(
    texts.map((text) => [(JSON.parse(text) as Dashboard).uid, JSON.parse(text) as Dashboard]),
  );
  expect(dashboards.size).toBe(texts.length);
  const links = texts.flatMap((text) => [...text.matchAll(/"url": "\/d\/([\w-]+)\?([^"]*)"/g)]);
  expect(links.length).toBeGreaterThan(3);
  for (const [link, uid = '', query = ''] of links) {
    const variables = dashboards.get(uid)?.templating.list.map(({ name }) => name);
    expect(variables, link).toBeDefined();
    for (const [, name] of query.matchAll(/var-(\w+)=/g)) expect(variables, link).toContain(name);
  }
  for (const { panels } of dashboards.values())
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});
