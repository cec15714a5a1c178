/** A run through the whole path, with a time for each hop: submit, plan, quick step, files, activity, event, stream. */
import type { RunEvent } from '../../../contracts/events.js';
import { PerdureApiError, type Client, type Run } from '../../client/client.js';
import { look, type Line } from './report.js';

/** Milliseconds in which it must have ended, unless told. */
const CANARY_MS = 30_000;
/** Clocks may differ by so much before timers and tokens suffer. */
const SKEW_MS = 2_000;

const plan = {
  steps: [
    { id: 'quick', tool: 'echo', args: { text: 'canary' } },
    {
      id: 'write',
      tool: 'file_write',
      args: { path: 'canary.txt', content: 'canary' },
      dependsOn: ['quick'],
    },
    { id: 'read', tool: 'file_read', args: { path: 'canary.txt' }, dependsOn: ['write'] },
    {
      id: 'activity',
      tool: 'javascript',
      args: { code: 'return data.length', data: '{{steps.read.output.content}}' },
      dependsOn: ['read'],
    },
  ],
};

interface Seen {
  event: RunEvent;
  /** By our clock. */
  arrivedAt: number;
}

export interface CanaryOptions {
  /** Who asks for it, for whoever meets the run. */
  by?: 'doctor' | 'schedule';
  limitMs?: number;
  /** Ends the wait for it. */
  signal?: AbortSignal;
}

export interface Canary {
  /** Null where it was not accepted. */
  runId: string | null;
  lines: Line[];
}

export async function runCanary(
  client: Client,
  { by = 'doctor', limitMs = CANARY_MS, signal }: CanaryOptions = {},
): Promise<Canary> {
  const began = Date.now();
  let run: Run | undefined;
  const submit = await look('canary: submit', async () => {
    run = await client.submit({ goal: 'perdure doctor', plan, metadata: { canary: by } });
    return { state: 'ok', detail: `accepted as ${run.id}` };
  });
  if (run === undefined) return { runId: null, lines: [submit] };
  const submittedAt = Date.now();
  const { id } = run;
  const { seen, problem } = await follow(client, id, limitMs, signal);
  if (signal?.aborted === true) return { runId: id, lines: [submit] };
  const end = seen.at(-1)?.event;
  if (end?.type !== 'run.completed')
    return { runId: id, lines: [submit, await failed(client, id, end, problem, began, limitMs)] };
  const lines = [
    submit,
    hop('canary: workflow', 'from the submission to run.started', submittedAt, at(seen, 'run.started')),
    hop(
      'canary: quick step',
      'from run.started to its end',
      at(seen, 'run.started'),
      at(seen, 'step.completed', 'quick'),
    ),
    hop(
      'canary: files',
      'written and read',
      at(seen, 'step.completed', 'quick'),
      at(seen, 'step.completed', 'read'),
    ),
    hop(
      'canary: activity',
      'from its scheduling to its end',
      at(seen, 'step.completed', 'read'),
      at(seen, 'step.completed', 'activity'),
    ),
    hop('canary: run', 'from the submission to run.completed on the stream', began, seen.at(-1)?.arrivedAt),
    clocks(run, seen, began, submittedAt),
  ];
  return { runId: id, lines };
}

async function follow(
  client: Client,
  id: string,
  limitMs: number,
  ending: AbortSignal | undefined,
): Promise<{ seen: Seen[]; problem: string | null }> {
  const seen: Seen[] = [];
  let problem: string | null = null;
  // A timer of our own: it is held, and holds the process, until the canary is over.
  const late = new AbortController();
  const signal = ending === undefined ? late.signal : AbortSignal.any([late.signal, ending]);
  const timer = setTimeout(() => {
    late.abort();
  }, limitMs);
  try {
    for await (const event of client.events(id, { signal }))
      if ('seq' in event) seen.push({ event, arrivedAt: Date.now() });
  } catch (error) {
    // What is away is what this is to find.
    if (!signal.aborted) problem = error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
  return { seen, problem };
}

/** When the event arrived: times of one clock can be compared. */
const at = (seen: readonly Seen[], type: RunEvent['type'], stepId?: string): number | undefined =>
  seen.find(
    ({ event }) =>
      event.type === type && (stepId === undefined || ('stepId' in event && event.stepId === stepId)),
  )?.arrivedAt;

const hop = (name: string, detail: string, from: number | undefined, to: number | undefined): Line =>
  from === undefined || to === undefined
    ? { name, state: 'failing', detail: `${detail}: an event is missing`, ms: null }
    : { name, state: 'ok', detail, ms: Math.max(0, to - from) };

/** Says why by asking what everybody may ask. */
async function failed(
  client: Client,
  id: string,
  last: RunEvent | undefined,
  problem: string | null,
  began: number,
  limitMs: number,
): Promise<Line> {
  const why = await client.why(id).catch((error: unknown) => ({
    sentence: error instanceof PerdureApiError ? error.message : String(error),
  }));
  await client.cancel(id, { reason: 'the canary took too long' }).catch(() => undefined);
  const how =
    last?.type === 'run.failed'
      ? 'it failed'
      : problem !== null
        ? `its events cannot be read (${problem})`
        : `it has not ended after ${limitMs / 1_000} s (${last === undefined ? 'no event came' : `the last event is ${last.type}`})`;
  return { name: 'canary: run', state: 'failing', detail: `${how}: ${why.sentence}`, ms: Date.now() - began };
}

/** The server's clock made createdAt between our two moments, the worker's made `at` before the event arrived. */
function clocks(run: Run, seen: readonly Seen[], began: number, submittedAt: number): Line {
  const server = Date.parse(run.createdAt);
  const serverOff = server < began ? server - began : Math.max(0, server - submittedAt);
  const steps = seen.filter(({ event }) => event.type === 'step.started');
  const offs = steps.map(({ event, arrivedAt }) => {
    const told = Date.parse(event.at);
    return told < began ? told - began : Math.max(0, told - arrivedAt);
  });
  const workerOff = offs.sort((a, b) => Math.abs(b) - Math.abs(a))[0] ?? 0;
  const isOff = Math.max(Math.abs(serverOff), Math.abs(workerOff)) > SKEW_MS;
  return {
    name: 'clocks',
    state: isOff ? 'degraded' : 'ok',
    detail: isOff
      ? `against this machine's, the API's clock is off by ${serverOff} ms, the worker's by ${workerOff} ms`
      : 'the API’s, the worker’s and this machine’s agree',
    ms: null,
  };
}
