/** What do thousands of runs cost that wait, and how long does it take until all of them have woken? */
import { setTimeout as delay } from 'node:timers/promises';
import { startEngine, type Engine } from './engine/engine.js';
import { checkLog, logOf, submitRun } from './engine/runs.js';
import { load } from './support/load.js';
import { rounded } from './support/statistics.js';

export interface ManyOptions {
  runs?: number;
  /** Given for the submissions; what waits at their end is measured. */
  submitMs?: number;
}

/** Steps of each run: it waits, then does one thing more. */
const STEPS = 2;

export async function run({ runs = 5_000, submitMs = 400_000 }: ManyOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const engine = await startEngine();
  try {
    // Code is compiled before anything counts.
    await load(50, 10, () => submitRun(engine.apiUrl, waiting(new Date())));
    await delay(2_000);
    const before = engine.memory();
    const until = new Date(Date.now() + submitMs);
    const began = performance.now();
    const { each } = await load(runs, 20, () => submitRun(engine.apiUrl, waiting(until)));
    const submittedSeconds = (performance.now() - began) / 1_000;
    await untilStatus(engine, 'running', runs);
    if (Date.now() > until.getTime()) throw new Error('the runs were not all there before their time');
    await delay(Math.min(5_000, submitMs / 10));
    const after = engine.memory();
    await delay(Math.max(0, until.getTime() - Date.now()));
    const cpu = engine.cpu();
    await untilStatus(engine, 'completed', runs + 50);
    const wokenSeconds = (Date.now() - until.getTime()) / 1_000;
    const spent = engine.cpu();
    for (const { id } of each) checkLog(await logOf(engine.apiUrl, id), STEPS);
    const kb = (name: keyof typeof after): number => rounded((after[name] - before[name]) / runs / 1_000);
    return {
      rows: (['perdure', 'temporal', 'postgres'] as const).map((name) => ({
        process: name,
        'runs waiting': runs,
        'MB before': rounded(before[name] / 1e6),
        'MB with them': rounded(after[name] / 1e6),
        'KB a run': kb(name),
        'submitted a second': rounded(runs / submittedSeconds),
        'seconds until all had woken': rounded(wokenSeconds),
        'CPU ms to wake one': rounded(((spent[name] - cpu[name]) / runs) * 1_000),
      })),
      ratios: { woken_per_second: runs / wokenSeconds },
    };
  } finally {
    await engine.release();
  }
}

const waiting = (until: Date): object => ({
  goal: 'wait',
  plan: {
    steps: [
      { id: 'pause', tool: 'wait', args: { until: until.toISOString() } },
      { id: 'after', tool: 'echo', args: {}, dependsOn: ['pause'] },
    ],
  },
});

/** As Temporal's own visibility counts them, which costs neither API nor worker anything. */
async function untilStatus(
  { client }: Engine,
  status: 'running' | 'completed',
  count: number,
): Promise<void> {
  const name = status === 'running' ? 'Running' : 'Completed';
  const query = `WorkflowType = "agentRun" and ExecutionStatus = "${name}"`;
  for (let found = 0; found < count;) {
    found = (await client.workflow.count(query)).count;
    await delay(200);
  }
}
