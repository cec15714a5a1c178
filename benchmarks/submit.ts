/**
 * How long does a submission take, until its 202, against a bare start of a workflow by Temporal's client? And against
 * the least that an answer over HTTP can come after: that start alone, and that start and one row in a database.
 */
import { v7 } from 'uuid';
import { testPostgres } from '../src/adapters/embedded/testing/backends.js';
import { startEngine, type Engine } from './engine/engine.js';
import { BARE_STEPS, chainOf, checkLog, logOf, PLAN_STEPS, submitRun } from './engine/runs.js';
import { answerOf, endChild, startChild } from './support/child.js';
import { load, turned } from './support/load.js';
import { median, quantile, rounded, spread } from './support/statistics.js';

export interface SubmitOptions {
  rounds?: number;
  /** Submissions of a measurement, by how many go at once. */
  submissions?: Readonly<Record<number, number>>;
}

const cases = {
  bare: 'bare client.workflow.start',
  http: 'bare HTTP server: start, 202',
  floor: 'bare HTTP server: start, insert of one row, 202',
  ours: 'perdure, POST /v1/runs',
} as const;
type Case = keyof typeof cases;

export async function run({ rounds = 5, submissions = { 1: 40, 10: 50 } }: SubmitOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const engine = await startEngine();
  const postgres = await testPostgres();
  const server = await startChild('engine/bare-server', [
    engine.address,
    engine.taskQueue,
    postgres.connectionString,
  ]);
  try {
    const { port } = await answerOf<{ port: number }>(server);
    const acts = {
      bare: () => bareStart(engine),
      http: () => floor(engine, `http://127.0.0.1:${port}/unrecorded`),
      floor: () => floor(engine, `http://127.0.0.1:${port}`),
      ours: () => submission(engine),
    };
    const counts = Object.entries(submissions).map(([atOnce, count]) => ({ atOnce: Number(atOnce), count }));
    for (const act of Object.values(acts)) await load(Math.min(...counts.map((c) => c.count)), 5, act);

    const times = new Map<string, number[][]>();
    for (let round = 0; round < rounds; round += 1)
      for (const { atOnce, count } of counts)
        for (const name of turned(Object.keys(acts) as Case[], round)) {
          const { each } = await load(count, atOnce, acts[name]);
          times.set(`${name} ${atOnce}`, [...(times.get(`${name} ${atOnce}`) ?? []), each]);
        }
    const rows: Record<string, string | number>[] = [];
    const ratios: Record<string, number> = {};
    for (const { atOnce } of counts) {
      const p50 = (name: Case): number[] =>
        (times.get(`${name} ${atOnce}`) ?? []).map((each) => quantile(each, 0.5));
      for (const name of Object.keys(acts) as Case[])
        rows.push({
          'at once': atOnce,
          submission: cases[name],
          'p50 ms': rounded(median(p50(name))),
          'of rounds': spread(p50(name)),
          'p99 ms': rounded(quantile((times.get(`${name} ${atOnce}`) ?? []).flat(), 0.99)),
        });
      const bare = p50('bare');
      const ratio = (name: Case, to: number[]): number =>
        median(p50(name).map((ms, round) => ms / (to[round] ?? NaN)));
      ratios[`submit_c${atOnce}`] = ratio('ours', bare);
      ratios[`submit_http_c${atOnce}`] = ratio('http', bare);
      ratios[`submit_floor_c${atOnce}`] = ratio('floor', bare);
      ratios[`submit_over_floor_c${atOnce}`] = ratio('ours', p50('floor'));
    }
    return { rows, ratios };
  } finally {
    await endChild(server);
    await postgres.release();
    await engine.release();
  }
}

/** What was started is let end before the next is: it is the start that is measured. */
async function bareStart({ client, taskQueue }: Engine): Promise<number> {
  const began = performance.now();
  const handle = await client.workflow.start('bareRun', { workflowId: `bare-${v7()}`, taskQueue });
  const ms = performance.now() - began;
  if ((await handle.result()) !== BARE_STEPS) throw new Error('a bare run lacks steps');
  return ms;
}

async function floor({ client }: Engine, url: string): Promise<number> {
  const { id, ms } = await submitRun(url, chainOf('echo', PLAN_STEPS));
  if ((await client.workflow.getHandle(`bare-${id}`).result()) !== BARE_STEPS)
    throw new Error('a bare run lacks steps');
  return ms;
}

async function submission({ apiUrl, client }: Engine): Promise<number> {
  const { id, ms } = await submitRun(apiUrl, chainOf('echo', PLAN_STEPS));
  await client.workflow.getHandle(`run-${id}`).result();
  checkLog(await logOf(apiUrl, id), PLAN_STEPS);
  return ms;
}
