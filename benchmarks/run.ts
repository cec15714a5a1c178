/**
 * What does a run cost, from its submission over HTTP to `run.completed` on its stream, against a bare Temporal
 * workflow of the same eight steps? Eight are: the planner, three times a tool and its supervisor, the finish.
 */
import { startEngine, type Cpu, type Engine } from './engine/engine.js';
import { bareRun, BARE_STEPS, type Done, planRun } from './engine/runs.js';
import { load, turned } from './support/load.js';
import { median, quantile, rounded, spread } from './support/statistics.js';

export interface RunOptions {
  rounds?: number;
  /** How many runs a measurement has, by how many go at once. */
  runs?: Readonly<Record<number, number>>;
}

interface Measured {
  p50: number;
  p99: number;
  runsPerSecond: number;
  /** Seconds of each process for 1,000 steps. */
  cpu: Cpu;
}

const BARE = 'bare, 8 activities';
const ours = { quick: 'perdure, quick tools', regular: 'perdure, regular tools' } as const;
type Case = typeof BARE | (typeof ours)[keyof typeof ours];

/** Those who are compared take turns, so that a machine that is busy at times is so for all of them. */
export async function run({ rounds = 5, runs = { 1: 30, 10: 60, 50: 150 } }: RunOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const engine = await startEngine();
  try {
    const cases: Record<Case, () => Promise<Done>> = {
      [BARE]: () => bareRun(engine),
      [ours.quick]: () => planRun(engine, 'echo'),
      [ours.regular]: () => planRun(engine, 'noop'),
    };
    const names = Object.keys(cases) as Case[];
    const counts = Object.entries(runs).map(([atOnce, count]) => ({ atOnce: Number(atOnce), count }));
    // Code is compiled and caches are filled before anything counts.
    for (const name of names) await measure(engine, Math.min(...counts.map((c) => c.count)), 10, cases[name]);

    const measured = new Map<string, Measured[]>();
    for (let round = 0; round < rounds; round += 1)
      for (const { atOnce, count } of counts)
        for (const name of turned(names, round)) {
          const one = await measure(engine, count, atOnce, cases[name]);
          const key = keyOf(name, atOnce);
          measured.set(key, [...(measured.get(key) ?? []), one]);
        }
    const of = (name: Case, atOnce: number): Measured[] => measured.get(keyOf(name, atOnce)) ?? [];
    const all = counts.map(({ atOnce }) => atOnce);
    return {
      rows: all.flatMap((atOnce) => names.map((name) => rowOf(name, atOnce, of(name, atOnce)))),
      ratios: Object.assign({}, ...all.map((atOnce) => ratiosOf(atOnce, of))) as Record<string, number>,
    };
  } finally {
    await engine.release();
  }
}

const keyOf = (name: Case, atOnce: number): string => `${name} at ${atOnce}`;

async function measure(
  engine: Engine,
  count: number,
  atOnce: number,
  one: () => Promise<Done>,
): Promise<Measured> {
  const before = engine.cpu();
  const { each, seconds } = await load(count, atOnce, one);
  const after = engine.cpu();
  // No result is bought with what is promised: every run of the measurement is looked at.
  for (const { check } of each) await check();
  const per = (name: keyof Cpu): number => ((after[name] - before[name]) / (count * BARE_STEPS)) * 1_000;
  const times = each.map(({ ms }) => ms);
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    runsPerSecond: count / seconds,
    cpu: {
      perdure: per('perdure'),
      temporal: per('temporal'),
      postgres: per('postgres'),
      'bare worker': per('bare worker'),
    },
  };
}

function rowOf(name: Case, atOnce: number, rounds: readonly Measured[]): Record<string, string | number> {
  const of = (pick: (one: Measured) => number): number[] => rounds.map(pick);
  const cpu = (process: keyof Cpu): number => rounded(median(of((one) => one.cpu[process])));
  return {
    'at once': atOnce,
    run: name,
    'p50 ms': rounded(median(of((one) => one.p50))),
    'of rounds': spread(of((one) => one.p50)),
    'p99 ms': rounded(median(of((one) => one.p99))),
    'runs/s': rounded(median(of((one) => one.runsPerSecond))),
    'steps/s': rounded(median(of((one) => one.runsPerSecond)) * BARE_STEPS),
    'CPU s per 1,000 steps: node': name === BARE ? cpu('bare worker') : cpu('perdure'),
    temporal: cpu('temporal'),
    postgres: name === BARE ? 0 : cpu('postgres'),
  };
}

/** Each round's own, so that what changed between rounds cancels out; the median of them. */
function ratiosOf(atOnce: number, of: (name: Case, atOnce: number) => Measured[]): Record<string, number> {
  const bare = of(BARE, atOnce);
  const ratio = (name: Case, pick: (one: Measured) => number): number =>
    median(of(name, atOnce).map((one, round) => pick(one) / pick(bare[round] ?? one)));
  const cpuOf = ({ cpu }: Measured): number => cpu.temporal + cpu.postgres + cpu.perdure + cpu['bare worker'];
  return Object.fromEntries(
    Object.entries(ours).flatMap(([kind, name]) => [
      [`latency_${kind}_c${atOnce}`, ratio(name, (one) => one.p50)],
      [`throughput_${kind}_c${atOnce}`, ratio(name, (one) => one.runsPerSecond)],
      [`cpu_${kind}_c${atOnce}`, ratio(name, cpuOf)],
    ]),
  );
}
