/**
 * How long until a client hears that a run moves? From its submission to the first events that its worker wrote
 * (run.started and plan.created) on the stream; against a bare workflow: from its start until a long poll of its
 * history tells that its first activity, the planner, has completed. For comparison also until that activity begins,
 * as its worker knows it and no client does; and the least that a first event that is stored before it is sent can take.
 */
import { v7 } from 'uuid';
import { testPostgres } from '../src/adapters/embedded/testing/backends.js';
import { startEngine, type Engine } from './engine/engine.js';
import { BARE_STEPS, chainOf, checkLog, followRun, PLAN_STEPS } from './engine/runs.js';
import { answerOf, endChild, startChild } from './support/child.js';
import { load, turned } from './support/load.js';
import { median, quantile, rounded, spread } from './support/statistics.js';

export interface FirstEventOptions {
  rounds?: number;
  runs?: number;
}

const cases = {
  bare: 'bare, first activity heard of by a long poll',
  begun: 'bare, first activity begun, by its worker',
  floor:
    'bare HTTP server and worker: eager start, a local activity that inserts a row, its event on the stream',
  queued: 'perdure, run.queued on the stream: its first event',
  quick: 'perdure, run.started on the stream, quick tools',
  regular: 'perdure, run.started on the stream, regular tools',
} as const;
type Case = keyof typeof cases;

export async function run({ rounds = 5, runs = 40 }: FirstEventOptions = {}): Promise<{
  rows: Record<string, string | number>[];
  ratios: Record<string, number>;
}> {
  const engine = await startEngine();
  const postgres = await testPostgres();
  const server = await startChild('engine/bare-events', [
    engine.address,
    'bare-events',
    postgres.connectionString,
  ]);
  try {
    const { port } = await answerOf<{ port: number }>(server);
    const acts: Record<Case, () => Promise<number>> = {
      bare: () => firstHeardOf(engine),
      begun: () => firstActivity(engine),
      floor: () => bareEvent(engine, `http://127.0.0.1:${port}`),
      queued: () => firstEvent(engine, 'echo', 'run.queued'),
      quick: () => firstEvent(engine, 'echo'),
      regular: () => firstEvent(engine, 'noop'),
    };
    const names = Object.keys(acts) as Case[];
    for (const name of names) await load(runs, 5, acts[name]);
    const times: Record<Case, number[][]> = {
      bare: [],
      begun: [],
      floor: [],
      queued: [],
      quick: [],
      regular: [],
    };
    for (let round = 0; round < rounds; round += 1)
      for (const name of turned(names, round)) times[name].push((await load(runs, 1, acts[name])).each);
    const p50 = (name: Case): number[] => times[name].map((each) => quantile(each, 0.5));
    const ratio = (name: Case, to: Case = 'bare'): number =>
      median(p50(name).map((ms, round) => ms / (p50(to)[round] ?? NaN)));
    return {
      rows: names.map((name) => ({
        until: cases[name],
        'p50 ms': rounded(median(p50(name))),
        'of rounds': spread(p50(name)),
        'p99 ms': rounded(quantile(times[name].flat(), 0.99)),
      })),
      ratios: {
        first_event_queued: ratio('queued'),
        first_event: ratio('quick'),
        first_event_regular: ratio('regular'),
        first_event_to_begun: ratio('quick', 'begun'),
        first_event_floor: ratio('floor'),
        first_event_over_floor: ratio('quick', 'floor'),
      },
    };
  } finally {
    await endChild(server);
    await postgres.release();
    await engine.release();
  }
}

type Page = Awaited<ReturnType<Engine['client']['workflowService']['getWorkflowExecutionHistory']>>;

async function firstHeardOf({ client, taskQueue }: Engine): Promise<number> {
  const began = performance.now();
  const workflowId = `bare-${v7()}`;
  const handle = await client.workflow.start('bareRun', { workflowId, taskQueue });
  let ms = NaN;
  for (let nextPageToken: Uint8Array | null = null; Number.isNaN(ms);) {
    const page: Page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId },
      waitNewEvent: true,
      nextPageToken,
    });
    if (page.history?.events?.some((event) => event.activityTaskCompletedEventAttributes) === true)
      ms = performance.now() - began;
    nextPageToken = page.nextPageToken;
  }
  if ((await handle.result()) !== BARE_STEPS) throw new Error('a bare run lacks steps');
  return ms;
}

async function firstActivity({ client, taskQueue, firstActivityAt }: Engine): Promise<number> {
  const began = process.hrtime.bigint();
  const workflowId = `bare-${v7()}`;
  const handle = await client.workflow.start('bareRun', { workflowId, taskQueue });
  if ((await handle.result()) !== BARE_STEPS) throw new Error('a bare run lacks steps');
  return Number((await firstActivityAt(workflowId)) - began) / 1e6;
}

async function bareEvent({ client }: Engine, url: string): Promise<number> {
  const { id, events } = await followRun(url, chainOf('echo', PLAN_STEPS));
  await client.workflow.getHandle(`bare-${id}`).result();
  return events.find(({ event }) => event.type === 'run.started')?.ms ?? NaN;
}

/** As with the bare ones, what was begun is let end before the next is: it is the beginning that is measured. */
async function firstEvent(
  { apiUrl, client }: Engine,
  tool: string,
  type: 'run.queued' | 'run.started' = 'run.started',
): Promise<number> {
  const { id, events } = await followRun(apiUrl, chainOf(tool, PLAN_STEPS));
  await client.workflow.getHandle(`run-${id}`).result();
  checkLog(
    events.map(({ event }) => event),
    PLAN_STEPS,
  );
  return events.find(({ event }) => event.type === type)?.ms ?? NaN;
}
