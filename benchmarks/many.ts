/**
 * What do thousands of runs cost that wait for an approval, and how long does it take until all have been given theirs?
 * Against as many bare workflows that wait for an update, on the same server.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { v7 } from 'uuid';
import { startEngine, type Engine, type Process } from './engine/engine.js';
import { checkLog, logOf, submitRun } from './engine/runs.js';
import { load } from './support/load.js';
import { rounded } from './support/statistics.js';

export interface ManyOptions {
  runs?: number;
}

/** Steps of each run: the first one is asked about. */
const STEPS = 2;
const AT_ONCE = 20;
/** Code is compiled before anything counts. */
const WARM_UP = 50;
const PLAN = {
  goal: 'wait for a word',
  plan: {
    steps: [
      { id: 'asked', tool: 'echo', args: {}, approval: true },
      { id: 'after', tool: 'echo', args: {}, dependsOn: ['asked'] },
    ],
  },
};

interface Contender {
  name: string;
  worker: Process;
  others: readonly Process[];
  workflowType: string;
  /** @returns its id */
  submit(): Promise<string>;
  approve(id: string): Promise<void>;
  /** Of what is promised of one that has ended; throws when it does not hold. */
  check(id: string): Promise<void>;
}

const perdure = ({ apiUrl }: Engine): Contender => ({
  name: 'perdure',
  worker: 'perdure',
  others: ['temporal', 'postgres'],
  workflowType: 'agentRun',
  submit: async () => (await submitRun(apiUrl, PLAN)).id,
  approve: (id) => approve(apiUrl, id),
  check: async (id) => {
    checkLog(await logOf(apiUrl, id), STEPS);
  },
});

const bare = ({ client, taskQueue }: Engine): Contender => ({
  name: 'bare',
  worker: 'bare worker',
  others: ['temporal'],
  workflowType: 'bareWaiting',
  async submit() {
    const workflowId = `waiting-${v7()}`;
    await client.workflow.start('bareWaiting', { workflowId, taskQueue });
    return workflowId;
  },
  approve: (id) => client.workflow.getHandle(id).executeUpdate('approve'),
  check: () => Promise.resolve(),
});

interface Measured {
  rows: Record<string, string | number>[];
  /** Bytes for each run that waits, in the process that has the worker. */
  memory: number;
  wokenPerSecond: number;
}

export async function run({ runs = 5_000 }: ManyOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const engine = await startEngine();
  try {
    // What Temporal's process has taken for the first it may use for the second: that can only help the bare one.
    const ours = await measure(engine, perdure(engine), runs);
    const floor = await measure(engine, bare(engine), runs);
    return {
      rows: [...ours.rows, ...floor.rows],
      ratios: {
        waiting_memory: ours.memory / floor.memory,
        woken_per_second: ours.wokenPerSecond / floor.wokenPerSecond,
      },
    };
  } finally {
    await engine.release();
  }
}

async function measure(engine: Engine, contender: Contender, runs: number): Promise<Measured> {
  const { name, worker, others, workflowType } = contender;
  const wakeAll = async (ids: readonly string[]): Promise<void> => {
    const open = [...ids];
    await load(ids.length, AT_ONCE, () => contender.approve(open.pop() ?? ''));
  };
  const isWaiting = 'ExecutionStatus = "Running" and RunStatus = "waiting"';
  const until = (state: string, count: number): Promise<void> =>
    untilCount(engine, `WorkflowType = "${workflowType}" and ${state}`, count);
  const warmUp = Math.min(WARM_UP, runs);
  const first = await load(warmUp, AT_ONCE, () => contender.submit());
  await until(isWaiting, warmUp);
  await wakeAll(first.each);
  await until(COMPLETED, warmUp);

  const before = engine.memory();
  const submitted = await load(runs, AT_ONCE, () => contender.submit());
  await until(isWaiting, runs);
  const after = engine.memory();
  const cpu = engine.cpu();
  const began = performance.now();
  await wakeAll(submitted.each);
  await until(COMPLETED, runs + warmUp);
  const wokenSeconds = (performance.now() - began) / 1_000;
  const spent = engine.cpu();
  for (const id of submitted.each) await contender.check(id);
  const bytesOf = (process: Process): number => (after[process] - before[process]) / runs;
  return {
    rows: [worker, ...others].map((process) => ({
      run: name,
      process,
      'runs waiting': runs,
      'MB before': rounded(before[process] / 1e6),
      'MB with them': rounded(after[process] / 1e6),
      'KB a run': rounded(bytesOf(process) / 1_000),
      'submitted a second': rounded(runs / submitted.seconds),
      'seconds until all had ended': rounded(wokenSeconds),
      'CPU ms to wake one': rounded(((spent[process] - cpu[process]) / runs) * 1_000),
    })),
    memory: bytesOf(worker),
    wokenPerSecond: runs / wokenSeconds,
  };
}

async function approve(apiUrl: string, id: string): Promise<void> {
  const { statusCode, body } = await request(`${apiUrl}/v1/runs/${id}/approvals/step-asked`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ decision: 'approve' }),
  });
  if (statusCode >= 300) throw new Error(`an approval was answered ${statusCode}: ${await body.text()}`);
  await body.dump();
}

const COMPLETED = 'ExecutionStatus = "Completed"';

/** As Temporal's own visibility counts them, which costs neither API nor worker anything. */
async function untilCount({ client }: Engine, query: string, count: number): Promise<void> {
  for (let found = 0; found < count;) {
    found = (await client.workflow.count(query)).count;
    await delay(200);
  }
}
