/** What do thousands of runs cost that wait for an approval, and how long does it take until all have been given theirs? */
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { startEngine, type Engine } from './engine/engine.js';
import { checkLog, logOf, submitRun } from './engine/runs.js';
import { load } from './support/load.js';
import { rounded } from './support/statistics.js';

export interface ManyOptions {
  runs?: number;
}

/** Steps of each run: the first one is asked about. */
const STEPS = 2;
const AT_ONCE = 20;
const PLAN = {
  goal: 'wait for a word',
  plan: {
    steps: [
      { id: 'asked', tool: 'echo', args: {}, approval: true },
      { id: 'after', tool: 'echo', args: {}, dependsOn: ['asked'] },
    ],
  },
};

export async function run({ runs = 5_000 }: ManyOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const engine = await startEngine();
  try {
    // Code is compiled before anything counts.
    const first = await load(50, AT_ONCE, () => submitRun(engine.apiUrl, PLAN));
    await untilCount(engine, WAITING, 50);
    await load(50, AT_ONCE, () => approve(engine, first.each.pop()));
    await untilCount(engine, COMPLETED, 50);
    const before = engine.memory();
    const submitted = await load(runs, AT_ONCE, () => submitRun(engine.apiUrl, PLAN));
    await untilCount(engine, WAITING, runs);
    const after = engine.memory();
    const cpu = engine.cpu();
    const open = [...submitted.each];
    const began = performance.now();
    await load(runs, AT_ONCE, () => approve(engine, open.pop()));
    await untilCount(engine, COMPLETED, runs + 50);
    const wokenSeconds = (performance.now() - began) / 1_000;
    const spent = engine.cpu();
    for (const { id } of submitted.each) checkLog(await logOf(engine.apiUrl, id), STEPS);
    const kb = (name: keyof typeof after): number => rounded((after[name] - before[name]) / runs / 1_000);
    return {
      rows: (['perdure', 'temporal', 'postgres'] as const).map((name) => ({
        process: name,
        'runs waiting': runs,
        'MB before': rounded(before[name] / 1e6),
        'MB with them': rounded(after[name] / 1e6),
        'KB a run': kb(name),
        'submitted a second': rounded(runs / submitted.seconds),
        'seconds until all had ended': rounded(wokenSeconds),
        'CPU ms to wake one': rounded(((spent[name] - cpu[name]) / runs) * 1_000),
      })),
      ratios: { woken_per_second: runs / wokenSeconds },
    };
  } finally {
    await engine.release();
  }
}

async function approve({ apiUrl }: Engine, run: { id: string } | undefined): Promise<void> {
  if (run === undefined) throw new Error('there are fewer runs than words for them');
  const { statusCode, body } = await request(`${apiUrl}/v1/runs/${run.id}/approvals/step-asked`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ decision: 'approve' }),
  });
  if (statusCode >= 300) throw new Error(`an approval was answered ${statusCode}: ${await body.text()}`);
  await body.dump();
}

const WAITING = 'ExecutionStatus = "Running" and RunStatus = "waiting"';
const COMPLETED = 'ExecutionStatus = "Completed"';

/** As Temporal's own visibility counts them, which costs neither API nor worker anything. */
async function untilCount({ client }: Engine, query: string, count: number): Promise<void> {
  for (let found = 0; found < count;) {
    found = (await client.workflow.count(`WorkflowType = "agentRun" and ${query}`)).count;
    await delay(200);
  }
}
