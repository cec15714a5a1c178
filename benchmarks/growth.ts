/** What does a step cost in a long plan, and with a large output: time, and bytes of Temporal's history? */
import type { WorkflowHandle } from '@temporalio/client';
import { startEngine, type Engine } from './engine/engine.js';
import { chainOf, checkLog, followRun, logOf } from './engine/runs.js';
import { median, rounded, spread } from './support/statistics.js';

export interface GrowthOptions {
  rounds?: number;
  /** Steps of the plans: the cost of the first is what the others are held against. */
  sizes?: readonly number[];
  /** Of the plans whose steps are activities of their own. */
  regularSizes?: readonly number[];
  /** Bytes of each step's output, in plans of ten. */
  outputs?: readonly number[];
}

interface Cost {
  msPerStep: number;
  cpuMsPerStep: number;
  historyBytesPerStep: number;
  executions: number;
}

const OUTPUT_STEPS = 10;

export async function run({
  rounds = 3,
  sizes = [10, 100, 1_000, 10_000],
  regularSizes = [10, 100, 1_000],
  outputs = [1_000, 10_000, 100_000, 1_000_000],
}: GrowthOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const engine = await startEngine();
  try {
    const plans = [
      ...sizes.map((steps) => ({ name: 'quick, each after the other', steps, body: chainOf('echo', steps) })),
      ...regularSizes.map((steps) => ({ name: 'regular, side by side', steps, body: beside('noop', steps) })),
      ...outputs.map((bytes) => ({
        name: `quick, outputs of ${bytes / 1_000} KB`,
        steps: OUTPUT_STEPS,
        body: outputsOf(bytes),
      })),
    ];
    // A round that does not count: code is compiled.
    for (const { body, steps } of plans.filter(({ steps }) => steps <= 100)) await cost(engine, body, steps);
    const costs = plans.map((): Cost[] => []);
    for (let round = 0; round < rounds; round += 1)
      for (const [i, { body, steps }] of plans.entries()) {
        // A short run alone is too short for the clock of the CPU.
        const times = Math.max(1, Math.round(100 / steps));
        const each: Cost[] = [];
        for (let n = 0; n < times; n += 1) each.push(await cost(engine, body, steps));
        costs[i]?.push(mean(each));
      }
    const ms = (i: number): number[] => (costs[i] ?? []).map((each) => each.msPerStep);
    const growth = (from: number, to: number): number =>
      median(ms(to).map((value, round) => value / (ms(from)[round] ?? NaN)));
    return {
      rows: plans.map(({ name, steps }, i) => ({
        plan: name,
        steps,
        'ms a step': rounded(median(ms(i))),
        'of rounds': spread(ms(i)),
        'CPU ms a step': rounded(median((costs[i] ?? []).map((each) => each.cpuMsPerStep))),
        'history bytes a step': rounded(median((costs[i] ?? []).map((each) => each.historyBytesPerStep))),
        executions: median((costs[i] ?? []).map((each) => each.executions)),
      })),
      ratios: Object.fromEntries([
        ...sizes.slice(1).map((size, i) => [`growth_${size}`, growth(0, i + 1)] as const),
        ...regularSizes
          .slice(1)
          .map((size, i) => [`growth_regular_${size}`, growth(sizes.length, sizes.length + i + 1)] as const),
      ]),
    };
  } finally {
    await engine.release();
  }
}

async function cost(engine: Engine, body: object, steps: number): Promise<Cost> {
  const before = sum(engine.cpu());
  const { id, events } = await followRun(engine.apiUrl, body);
  const cpu = sum(engine.cpu()) - before;
  const streamed = events.map(({ event }) => event);
  checkLog(streamed, steps);
  if ((await logOf(engine.apiUrl, id)).length !== streamed.length)
    throw new Error('the log has other events');
  const { bytes, executions } = await historyOf(engine, id);
  return {
    msPerStep: (events.at(-1)?.ms ?? NaN) / steps,
    cpuMsPerStep: (cpu / steps) * 1_000,
    historyBytesPerStep: bytes / steps,
    executions,
  };
}

/** Of all executions of the run's workflow, from the last one back. */
async function historyOf({ client }: Engine, runId: string): Promise<{ bytes: number; executions: number }> {
  // The stream ends a moment before the workflow does.
  await client.workflow.getHandle(`run-${runId}`).result();
  let bytes = 0;
  let executions = 0;
  for (let execution: string | null | undefined; execution !== '' && execution !== null;) {
    const handle: WorkflowHandle = client.workflow.getHandle(`run-${runId}`, execution);
    bytes += (await handle.describe()).historySize ?? NaN;
    executions += 1;
    const { events } = await handle.fetchHistory();
    execution = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
  }
  return { bytes, executions };
}

const beside = (tool: string, steps: number): object => ({
  goal: 'a benchmark',
  plan: { steps: Array.from({ length: steps }, (_, i) => ({ id: `s${i + 1}`, tool })), maxParallel: 10 },
});

const outputsOf = (bytes: number): object => ({
  goal: 'a benchmark',
  plan: {
    steps: Array.from({ length: OUTPUT_STEPS }, (_, i) => ({
      id: `s${i + 1}`,
      tool: 'text',
      args: { bytes },
    })),
  },
});

const sum = (cpu: Record<string, number>): number => Object.values(cpu).reduce((all, one) => all + one, 0);

function mean(costs: readonly Cost[]): Cost {
  const of = (pick: (one: Cost) => number): number =>
    costs.reduce((all, one) => all + pick(one), 0) / costs.length;
  return {
    msPerStep: of((one) => one.msPerStep),
    cpuMsPerStep: of((one) => one.cpuMsPerStep),
    historyBytesPerStep: of((one) => one.historyBytesPerStep),
    executions: of((one) => one.executions),
  };
}
