/**
 * How long does `npm start` take, until it is ready and until a first run has completed, with an empty data directory
 * and with one that was used before; against Temporal's own start over a file that is there, and against a program that has only
 * Temporal and a bare worker? And what does it hold in memory when nothing happens?
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { claimPort } from '../src/adapters/embedded/free-port.js';
import { testDirectory, testTemporalBinary } from '../src/adapters/embedded/testing/backends.js';
import { startTemporal } from '../src/adapters/embedded/temporal-server.js';
import { chainOf, checkLog, followRun } from './engine/runs.js';
import { startNpm } from './engine/npm-start.js';
import { buildProgram } from './support/child.js';
import { memoryBelow } from './support/cpu.js';
import { median, rounded, spread } from './support/statistics.js';

export interface StartOptions {
  rounds?: number;
  /** Given for the memory to settle. */
  idleMs?: number;
}

interface Times {
  readyMs: number;
  /** Until a run of three quick steps that was submitted at once has completed. */
  completedMs: number;
  /** Megabytes of each, some time later. */
  memory: Record<'perdure' | 'temporal' | 'postgres', number>;
}

export async function run({ rounds = 5, idleMs = 10_000 }: StartOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const cold: Times[] = [];
  const warm: Times[] = [];
  const temporal: number[] = [];
  const bare: number[] = [];
  const bareProgram = await buildBare();
  for (let round = 0; round < rounds; round += 1) {
    const place = await testDirectory();
    try {
      cold.push(await npmStart(place.directory, 0));
      warm.push(await npmStart(place.directory, round === rounds - 1 ? idleMs : 0));
      temporal.push(await temporalStart(place.directory));
      bare.push(await bareStart(bareProgram, place.directory));
    } finally {
      await place.remove();
    }
  }
  const row = (
    start: string,
    ready: number[] | null,
    completed: number[] | null,
  ): Record<string, string | number> => ({
    start,
    'ready ms': ready === null ? '' : rounded(median(ready)),
    'ready, of rounds': ready === null ? '' : spread(ready),
    'first run completed ms': completed === null ? '' : rounded(median(completed)),
    'completed, of rounds': completed === null ? '' : spread(completed),
  });
  const idle = warm.at(-1)?.memory;
  const of = (times: readonly Times[], what: 'readyMs' | 'completedMs'): number[] =>
    times.map((each) => each[what]);
  return {
    rows: [
      row('Temporal alone, over a file that is there', temporal, null),
      row('bare: npm, Node, Temporal, a worker and its first workflow', null, bare),
      row('npm start, cold', of(cold, 'readyMs'), of(cold, 'completedMs')),
      row('npm start, warm', of(warm, 'readyMs'), of(warm, 'completedMs')),
      ...Object.entries(idle ?? {}).map(([name, mb]) => ({
        start: `idle memory of ${name}, MB`,
        'ready ms': rounded(mb),
      })),
    ],
    ratios: {
      warm_start: median(of(warm, 'completedMs').map((ms, i) => ms / (temporal[i] ?? NaN))),
      warm_start_over_bare: median(of(warm, 'completedMs').map((ms, i) => ms / (bare[i] ?? NaN))),
      bare_start: median(bare.map((ms, i) => ms / (temporal[i] ?? NaN))),
      warm_start_ready: median(of(warm, 'readyMs').map((ms, i) => ms / (temporal[i] ?? NaN))),
      cold_start: median(of(cold, 'completedMs').map((ms, i) => ms / (temporal[i] ?? NaN))),
    },
  };
}

async function npmStart(dataDir: string, idleMs: number): Promise<Times> {
  const ports = [];
  for (let i = 0; i < 3; i += 1) ports.push(await claimPort('127.0.0.1', 0, 'a port', 'PORT'));
  const [port = 0, temporalPort = 0, uiPort = 0] = ports;
  const began = performance.now();
  const npm = startNpm(['start', '--silent'], {
    PERDURE_DATA_DIR: dataDir,
    PORT: String(port),
    TEMPORAL_PORT: String(temporalPort),
    TEMPORAL_UI_PORT: String(uiPort),
  });
  try {
    const apiUrl = `http://127.0.0.1:${port}`;
    while (!(await isReady(apiUrl))) {
      if (npm.hasEnded()) throw new Error(`npm start ended:\n${npm.output()}`);
      await delay(10);
    }
    const readyMs = performance.now() - began;
    const { events } = await followRun(apiUrl, chainOf('echo', 3));
    const completedMs = performance.now() - began;
    checkLog(
      events.map(({ event }) => event),
      3,
    );
    await delay(idleMs);
    const mb = (name: string): number => memoryBelow(npm.pid, name) / 1e6;
    // npm's own process stands above the one that is perdure.
    return {
      readyMs,
      completedMs,
      memory: { perdure: mb('node'), temporal: mb('temporal'), postgres: mb('postgres') },
    };
  } finally {
    await npm.stop();
  }
}

async function isReady(apiUrl: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${apiUrl}/readyz`);
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

interface BareProgram {
  program: string;
  bundle: string;
}

/** Bundled before it is measured, as perdure's workflows are when it was built. */
async function buildBare(): Promise<BareProgram> {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(process.cwd(), 'benchmarks/engine/bare-workflow.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  const program = await buildProgram('engine/bare-start');
  const bundle = path.join(path.dirname(program), 'bare-start-bundle.js');
  await writeFile(bundle, code);
  return { program, bundle };
}

/** Until its first workflow has ended. Run by npm too, which takes its time. */
async function bareStart({ program, bundle }: BareProgram, dataDir: string): Promise<number> {
  const binary = await testTemporalBinary();
  const began = performance.now();
  const command = ['node', program, binary, dataDir, bundle].join(' ');
  const npm = startNpm(['exec', '--offline', '--silent', '-c', `exec ${command}`]);
  try {
    while (!npm.output().includes('completed')) {
      if (npm.hasEnded()) throw new Error(`the bare start ended:\n${npm.output()}`);
      await delay(10);
    }
    return performance.now() - began;
  } finally {
    await npm.stop();
  }
}

/** The same program over the same file with the same settings. */
async function temporalStart(dataDir: string): Promise<number> {
  const binary = await testTemporalBinary();
  const began = performance.now();
  const server = await startTemporal({
    binary,
    dataDir,
    port: 0,
    uiPort: 0,
    namespace: 'default',
    searchAttributes: { TenantId: 'Keyword', AgentName: 'Keyword', RunStatus: 'Keyword' },
  });
  const ms = performance.now() - began;
  await server.release();
  return ms;
}
