/**
 * What do encryption keys cost? The same runs on perdure without keys, with the deployment's and with one for each
 * tenant, each with a Temporal and a database of its own.
 */
import { startEngine, type Engine } from './engine/engine.js';
import { planRun, PLAN_STEPS } from './engine/runs.js';
import { load, turned } from './support/load.js';
import { median, quantile, rounded, spread } from './support/statistics.js';

export interface SealingOptions {
  rounds?: number;
  runs?: Readonly<Record<number, number>>;
}

interface Measured {
  p50: number;
  p99: number;
  runsPerSecond: number;
  /** Seconds of the process of API and worker for 1,000 steps. */
  cpu: number;
}

const PLAIN = 'no keys';
const KEYS = `k1=${Buffer.alloc(32, 7).toString('base64')}`;
const kinds = {
  [PLAIN]: {},
  'the deployment’s keys': { PERDURE_ENCRYPTION_KEYS: KEYS },
  'a key for each tenant': { PERDURE_ENCRYPTION_KEYS: KEYS, PERDURE_TENANT_KEYS: 'true' },
} as const satisfies Record<string, Readonly<Record<string, string>>>;
type Kind = keyof typeof kinds;
const short: Readonly<Record<Kind, string>> = {
  [PLAIN]: 'plain',
  'the deployment’s keys': 'sealed',
  'a key for each tenant': 'sealed_tenant',
};

/** As in `run`: quick tools cost few round trips, so that what keys cost shows most; regular ones cost many. */
const tools = { quick: 'echo', regular: 'noop' } as const;
type Tool = keyof typeof tools;

export async function run({ rounds = 5, runs = { 1: 30, 10: 60 } }: SealingOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const names = Object.keys(kinds) as Kind[];
  const engines = new Map<Kind, Engine>();
  try {
    for (const name of names) engines.set(name, await startEngine(kinds[name]));
    const counts = Object.entries(runs).map(([atOnce, count]) => ({ atOnce: Number(atOnce), count }));
    const measured = new Map<string, Measured[]>();
    for (let round = -1; round < rounds; round += 1)
      for (const { atOnce, count } of counts)
        for (const tool of Object.keys(tools) as Tool[])
          for (const name of turned(names, Math.max(round, 0))) {
            const engine = engines.get(name);
            if (engine === undefined) continue;
            const one = await measure(engine, count, atOnce, tools[tool]);
            // The first round compiles code and fills caches.
            if (round < 0) continue;
            const key = keyOf(name, tool, atOnce);
            measured.set(key, [...(measured.get(key) ?? []), one]);
          }
    const of = (name: Kind, tool: Tool, atOnce: number): Measured[] =>
      measured.get(keyOf(name, tool, atOnce)) ?? [];
    const cases = counts.flatMap(({ atOnce }) =>
      (Object.keys(tools) as Tool[]).map((tool) => ({ atOnce, tool })),
    );
    return {
      rows: cases.flatMap(({ atOnce, tool }) =>
        names.map((name) => rowOf(name, tool, atOnce, of(name, tool, atOnce))),
      ),
      ratios: Object.fromEntries(
        cases.flatMap(({ atOnce, tool }) =>
          names
            .filter((name) => name !== PLAIN)
            .flatMap((name) => {
              const plain = of(PLAIN, tool, atOnce);
              const ratio = (pick: (one: Measured) => number): number =>
                median(of(name, tool, atOnce).map((one, i) => pick(one) / pick(plain[i] ?? one)));
              const about = `${short[name]}_${tool}_c${atOnce}`;
              return [
                [`latency_${about}`, ratio(({ p50 }) => p50)],
                [`throughput_${about}`, ratio(({ runsPerSecond }) => runsPerSecond)],
                [`cpu_${about}`, ratio(({ cpu }) => cpu)],
              ];
            }),
        ),
      ),
    };
  } finally {
    for (const engine of [...engines.values()].reverse()) await engine.release();
  }
}

const keyOf = (name: Kind, tool: Tool, atOnce: number): string => `${name}, ${tool} at ${atOnce}`;

async function measure(engine: Engine, count: number, atOnce: number, tool: string): Promise<Measured> {
  const before = engine.cpu().perdure;
  const { each, seconds } = await load(count, atOnce, () => planRun(engine, tool));
  const cpu = ((engine.cpu().perdure - before) / (count * PLAN_STEPS)) * 1_000;
  for (const { check } of each) await check();
  const times = each.map(({ ms }) => ms);
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), runsPerSecond: count / seconds, cpu };
}

function rowOf(
  name: Kind,
  tool: Tool,
  atOnce: number,
  rounds: readonly Measured[],
): Record<string, string | number> {
  const of = (pick: (one: Measured) => number): number[] => rounds.map(pick);
  return {
    'at once': atOnce,
    tools: tool,
    keys: name,
    'p50 ms': rounded(median(of(({ p50 }) => p50))),
    'of rounds': spread(of(({ p50 }) => p50)),
    'p99 ms': rounded(median(of(({ p99 }) => p99))),
    'runs/s': rounded(median(of(({ runsPerSecond }) => runsPerSecond))),
    'CPU s of node per 1,000 steps': rounded(median(of(({ cpu }) => cpu))),
  };
}
