/** Draws benchmarks/plots/*.svg from benchmarks/results/*.json, and writes their tables into benchmarks/README.md. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';

const bars = (x, y, series) => ({
  mark: 'bar',
  encoding: {
    x: { field: x, type: 'ordinal' },
    y: { field: y, type: 'quantitative' },
    xOffset: { field: series },
    color: {
      field: series,
      type: 'nominal',
      title: null,
      legend: { orient: 'top', columns: 1, labelLimit: 400 },
    },
  },
});
const list = (y, x) => ({
  mark: 'bar',
  encoding: {
    y: { field: y, type: 'nominal', sort: null, title: null, axis: { labelLimit: 400 } },
    x: { field: x, type: 'quantitative' },
  },
});

/** What is drawn of each benchmark: a file, the names of the columns, and how. */
const PLOTS = [
  { from: 'run', file: 'run-latency', columns: ['at once', 'p50 ms', 'run'], draw: bars },
  { from: 'run', file: 'run-throughput', columns: ['at once', 'runs/s', 'run'], draw: bars },
  { from: 'submit', file: 'submit', columns: ['at once', 'p50 ms', 'submission'], draw: bars },
  { from: 'first-event', file: 'first-event', columns: ['until', 'p50 ms'], draw: list },
  { from: 'growth', file: 'growth', columns: ['steps', 'ms a step', 'plan'], draw: bars },
  { from: 'start', file: 'start', columns: ['start', 'first run completed ms'], draw: list },
  { from: 'delivery', file: 'delivery', columns: ['subscribers', 'p50Ms', 'server'], draw: bars },
];

/** @param {string} root the folder of package.json */
export async function plotBench(root) {
  const folder = path.join(root, 'benchmarks', 'plots');
  mkdirSync(folder, { recursive: true });
  for (const { from, file, columns, draw } of PLOTS) {
    const results = path.join(root, 'benchmarks', 'results', `${from}.json`);
    if (!existsSync(results)) continue;
    const { rows } = JSON.parse(readFileSync(results, 'utf8'));
    const values = rows.filter((row) => columns.every((column) => (row[column] ?? '') !== ''));
    const spec = {
      $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
      width: 420,
      height: draw === list ? { step: 24 } : 220,
      data: { values },
      // A path of Vega's would be read into a name such as "p50 ms" with a dot or brackets in it.
      ...draw(...columns.map((column) => column.replaceAll(/[.[\]]/g, '\\$&'))),
    };
    const view = new View(parse(compile(spec).spec), { renderer: 'none' });
    writeFileSync(path.join(folder, `${file}.svg`), `${await view.toSVG()}\n`);
    console.log(`benchmarks/plots/${file}.svg`);
  }
  writeTables(root);
}

/** Between the marks of each result; what is said of them stands outside. */
function writeTables(root) {
  const file = path.join(root, 'benchmarks', 'README.md');
  const text = readFileSync(file, 'utf8').replace(
    /(<!-- results of (\S+) -->\n).*?(<!-- end of results -->)/gs,
    (all, begin, name, end) => {
      const results = path.join(root, 'benchmarks', 'results', `${name}.json`);
      if (!existsSync(results)) return all;
      const { date, rows, ratios } = JSON.parse(readFileSync(results, 'utf8'));
      const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))].map(
        (cells) => `| ${cells.join(' | ')} |`,
      );
      lines.splice(1, 0, `|${columns.map(() => '---|').join('')}`);
      const said = Object.entries(ratios).map(([ratio, value]) => `\`${ratio}\` ${value}`);
      return `${begin}\n\`npm run bench -- ${name}\`, ${date}\n\n${lines.join('\n')}\n\nRatios: ${said.join(', ')}.\n\n${end}`;
    },
  );
  writeFileSync(file, text);
  console.log('benchmarks/README.md');
}
