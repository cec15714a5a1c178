/** GET /v1/runs/{id}?wait: answered when the run ends, without asking the database again and again. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Run } from '../../contracts/answers.js';
import { createApp, type App } from './create-app.js';
import { checkedFetch } from './testing/checked-fetch.js';
import { createFakes, dependenciesOf, type Fakes } from './testing/fakes.js';
import { listen } from './testing/listen.js';

let fakes: Fakes;
let api: App;
let server: Awaited<ReturnType<typeof listen>>;
let run: Run;
let looks: number;
beforeEach(async () => {
  fakes = createFakes();
  const findRun = fakes.runs.findRun.bind(fakes.runs);
  looks = 0;
  fakes.runs.findRun = (...given) => {
    looks += 1;
    return findRun(...given);
  };
  api = createApp(dependenciesOf(fakes, { streams: { pollMs: 50, safetyPollMs: 200 } }));
  server = await listen(api.app);
  const answer = await checkedFetch(`${server.url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo' }] } }),
  });
  run = (await answer.json()) as Run;
});
afterEach(() => server.close());

const wait = async (seconds: number | string, init: RequestInit = {}): Promise<Run> =>
  (await checkedFetch(`${server.url}${run.links.self}?wait=${seconds}`, init)).json() as Promise<Run>;
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const isWaiting = (): boolean => fakes.bus.listeners.size > 0;
const end = async (publish: boolean): Promise<void> => {
  const at = new Date().toISOString();
  const [row] = await fakes.log.append(run.id, [
    { type: 'run.completed', key: 'end', at, data: { result: 1 } },
  ]);
  if (publish && row !== undefined) fakes.bus.publish(run.id, row.event);
};

test.each([true, false])('answers when the run ends (the message arrives: %s)', async (arrives) => {
  const answers = [wait(30), wait(60)];
  await until(() => looks === 4);
  await end(arrives);
  for (const answer of await Promise.all(answers)) expect(answer.status).toBe('completed');
  // Each looked before it waited and once it could miss nothing.
  expect(looks).toBe(4);
  expect(isWaiting()).toBe(false);
});

test('answers what is there when the time is over, and at once of a run that has ended', async () => {
  expect((await wait(1)).status).toBe('queued');
  expect(isWaiting()).toBe(false);
  await end(false);
  expect((await wait(60)).status).toBe('completed');
  expect(isWaiting()).toBe(false);
});

test('misses no end between its look and its waiting', async () => {
  const findRun = fakes.runs.findRun.bind(fakes.runs);
  fakes.runs.findRun = async (...given) => {
    const found = await findRun(...given);
    if (looks === 1) await end(true);
    return found;
  };
  expect((await wait(60)).status).toBe('completed');
});

test('a server that shuts down answers at once, and a client that left is forgotten', async () => {
  const gone = new AbortController();
  const left = wait(60, { signal: gone.signal });
  await until(isWaiting);
  gone.abort();
  await expect(left).rejects.toThrow();
  await until(() => !isWaiting());
  const waiting = wait(60);
  await until(isWaiting);
  api.drain();
  expect((await waiting).status).toBe('queued');
  expect((await wait(60)).status).toBe('queued');
});

test.each(['', '-1', '61', '1e1', '0x1', ' 1', 'x'])('refuses wait=%s', async (seconds) => {
  expect(await wait(seconds)).toMatchObject({ code: 'invalid_request', errors: [{ field: 'wait' }] });
});
