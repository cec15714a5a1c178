/** Runs as a client of the HTTP API has them carried out, each checked against what is promised. */
import { isDeepStrictEqual } from 'node:util';
import { Agent, request, type Dispatcher } from 'undici';
import { v7 } from 'uuid';
import type { RunEvent } from '../../contracts/events.js';
import { isTerminalEvent } from '../../contracts/terminal.js';
import type { Engine } from './engine.js';

/** Connections are kept, as any client of many runs does. */
const dispatcher: Dispatcher = new Agent({ connections: 256, pipelining: 1 });

/** Steps of the bare workflow. */
export const BARE_STEPS = 8;
/** Steps of the plan that has as many, its planner, supervisors and finish counted. */
export const PLAN_STEPS = 3;

export interface Done {
  /** From the submission to the end, as the client saw them. */
  ms: number;
  /** Of what is promised; throws when it does not hold. */
  check: () => Promise<void>;
}

/** One bare workflow, started and waited for by Temporal's own client. */
export async function bareRun({ client, taskQueue }: Engine): Promise<Done> {
  const began = performance.now();
  const handle = await client.workflow.start('bareRun', { workflowId: `bare-${v7()}`, taskQueue });
  const steps: unknown = await handle.result();
  const ms = performance.now() - began;
  if (steps !== BARE_STEPS) throw new Error(`a bare run had ${String(steps)} steps`);
  return { ms, check: () => Promise.resolve() };
}

/** One run of a plan, submitted and followed over HTTP. */
export async function planRun({ apiUrl }: Engine, tool: string): Promise<Done> {
  const { id, events } = await followRun(apiUrl, chainOf(tool, PLAN_STEPS));
  return {
    ms: events.at(-1)?.ms ?? NaN,
    async check() {
      const streamed = events.map(({ event }) => event);
      checkLog(streamed, PLAN_STEPS);
      if (!isDeepStrictEqual(await logOf(apiUrl, id), streamed))
        throw new Error(`the stream of the run ${id} is not what its log has`);
    },
  };
}

export interface FollowedRun {
  id: string;
  /** From the submission to the arrival of each event. */
  events: { event: RunEvent; ms: number }[];
}

/** A plan of one step after the other. */
export const chainOf = (tool: string, steps: number): object => ({
  goal: 'a benchmark',
  plan: {
    steps: Array.from({ length: steps }, (_, i) => ({
      id: `s${i + 1}`,
      tool,
      args: {},
      ...(i === 0 ? {} : { dependsOn: [`s${i}`] }),
    })),
  },
});

/** Submits and reads the stream of the same answer to its end. */
export async function followRun(apiUrl: string, body: object): Promise<FollowedRun> {
  const began = performance.now();
  const answer = await post(apiUrl, body, 'text/event-stream');
  const events: FollowedRun['events'] = [];
  let rest = '';
  for await (const chunk of answer.body) {
    const frames = (rest + String(chunk)).split('\n\n');
    rest = frames.pop() ?? '';
    const ms = performance.now() - began;
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data !== undefined) events.push({ event: JSON.parse(data) as RunEvent, ms });
    }
  }
  return { id: events[0]?.event.runId ?? '', events };
}

/** @returns the run's id, and milliseconds until the 202 was there */
export async function submitRun(apiUrl: string, body: object): Promise<{ id: string; ms: number }> {
  const began = performance.now();
  const answer = await post(apiUrl, body, 'application/json');
  const { id } = (await answer.body.json()) as { id: string };
  return { id, ms: performance.now() - began };
}

async function post(apiUrl: string, body: object, accept: string): Promise<Dispatcher.ResponseData> {
  const answer = await request(`${apiUrl}/v1/runs`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  });
  if (answer.statusCode >= 300)
    throw new Error(`the API answered ${answer.statusCode}: ${await answer.body.text()}`);
  return answer;
}

/** The run's log as it is stored. */
export async function logOf(apiUrl: string, id: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let after: number | null = 0; after !== null;) {
    const { body } = await request(`${apiUrl}/v1/runs/${id}/events?after=${after}&limit=1000`, {
      dispatcher,
      headers: { accept: 'application/json' },
    });
    const page = (await body.json()) as { events: RunEvent[]; nextAfter: number | null };
    events.push(...page.events);
    after = page.events.length === 0 ? null : page.nextAfter;
  }
  return events;
}

/** @throws unless the log counts from 1 without a gap, has one terminal event at its end, and all steps completed once */
export function checkLog(events: readonly RunEvent[], steps: number): void {
  const wrong = (what: string): Error =>
    new Error(`${what}: ${events.map(({ seq, type }) => `${seq} ${type}`).join(', ')}`);
  if (!events.every(({ seq }, i) => seq === i + 1)) throw wrong('the log has gaps');
  if (events.filter(({ type }) => isTerminalEvent(type)).length !== 1) throw wrong('not one terminal event');
  if (events.at(-1)?.type !== 'run.completed') throw wrong('the run has not completed');
  for (const type of ['step.started', 'step.completed', 'supervisor.decided']) {
    const of = events.flatMap((event) => (event.type === type && 'stepId' in event ? [event.stepId] : []));
    if (of.length !== steps || new Set(of).size !== steps) throw wrong(`not one ${type} for each step`);
  }
}
