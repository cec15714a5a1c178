/**
 * How long until a run is seen to move? From its submission to the first event that its worker wrote, on the stream;
 * against a bare workflow: from its start until its first activity has begun.
 */
import { v7 } from 'uuid';
import { startEngine, type Engine } from './engine/engine.js';
import { BARE_STEPS, chainOf, checkLog, followRun, PLAN_STEPS } from './engine/runs.js';
import { load, turned } from './support/load.js';
import { median, quantile, rounded, spread } from './support/statistics.js';

export interface FirstEventOptions {
  rounds?: number;
  runs?: number;
}

const cases = {
  bare: 'bare, first activity begun',
  quick: 'perdure, run.started on the stream, quick tools',
  regular: 'perdure, run.started on the stream, regular tools',
} as const;
type Case = keyof typeof cases;

export async function run({ rounds = 5, runs = 40 }: FirstEventOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const engine = await startEngine();
  try {
    const acts: Record<Case, () => Promise<number>> = {
      bare: () => firstActivity(engine),
      quick: () => firstEvent(engine, 'echo'),
      regular: () => firstEvent(engine, 'noop'),
    };
    const names = Object.keys(acts) as Case[];
    for (const name of names) await load(runs, 5, acts[name]);
    const times: Record<Case, number[][]> = { bare: [], quick: [], regular: [] };
    for (let round = 0; round < rounds; round += 1)
      for (const name of turned(names, round)) times[name].push((await load(runs, 1, acts[name])).each);
    const p50 = (name: Case): number[] => times[name].map((each) => quantile(each, 0.5));
    const ratio = (name: Case): number =>
      median(p50(name).map((ms, round) => ms / (p50('bare')[round] ?? NaN)));
    return {
      rows: names.map((name) => ({
        until: cases[name],
        'p50 ms': rounded(median(p50(name))),
        'of rounds': spread(p50(name)),
        'p99 ms': rounded(quantile(times[name].flat(), 0.99)),
      })),
      ratios: { first_event: ratio('quick'), first_event_regular: ratio('regular') },
    };
  } finally {
    await engine.release();
  }
}

async function firstActivity({ client, taskQueue, firstActivityAt }: Engine): Promise<number> {
  const began = process.hrtime.bigint();
  const workflowId = `bare-${v7()}`;
  const handle = await client.workflow.start('bareRun', { workflowId, taskQueue });
  if ((await handle.result()) !== BARE_STEPS) throw new Error('a bare run lacks steps');
  return Number((await firstActivityAt(workflowId)) - began) / 1e6;
}

async function firstEvent({ apiUrl }: Engine, tool: string): Promise<number> {
  const { events } = await followRun(apiUrl, chainOf(tool, PLAN_STEPS));
  checkLog(
    events.map(({ event }) => event),
    PLAN_STEPS,
  );
  return events.find(({ event }) => event.type === 'run.started')?.ms ?? NaN;
}
