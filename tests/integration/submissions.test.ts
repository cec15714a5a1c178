/** An API that dies between the start of a run and its record loses nothing, and a repeat finds the run. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Run } from '../../contracts/answers.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import type { ApiDependencies } from '../../src/api/context.js';
import { createApp } from '../../src/api/create-app.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';
import { startSystem, type System } from './support/system.js';

let system: System;
beforeAll(async () => {
  system = await startSystem();
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const fakes = createFakes();
const serve = (more: Partial<ApiDependencies> = {}) =>
  listen(
    createApp(dependenciesOf(fakes, { runs: system.store, log: system.log, engine: system.engine, ...more }))
      .app,
  );
const submit = (url: string, text = 'hello') =>
  fetch(`${url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'order-42' },
    body: JSON.stringify({ goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo', args: { text } }] } }),
  });

test('a run whose API died before it wrote the record completes, and is found by its key', async () => {
  let reached = (): void => undefined;
  const started = new Promise<void>((resolve) => (reached = resolve));
  const dying = await serve({
    runs: {
      ...system.store,
      createRun: () => {
        reached();
        return new Promise(() => undefined);
      },
    },
  });
  const lost = submit(dying.url).catch(() => 'cut off');
  await started;
  await dying.close();
  expect(await lost).toBe('cut off');

  const server = await serve();
  const answers = await Promise.all(Array.from({ length: 100 }, () => submit(server.url)));
  const runs = (await Promise.all(answers.map((answer) => answer.json()))) as Run[];
  expect(
    new Set(answers.map(({ status, headers }) => `${status} ${headers.get('idempotent-replayed')}`)),
  ).toEqual(new Set(['202 true']));
  const [id = '', ...others] = new Set(runs.map((run) => run.id));
  expect(others).toEqual([]);
  expect((await submit(server.url, 'another')).status).toBe(422);
  expect((await system.events(id)).at(-1)).toMatchObject({
    type: 'run.completed',
    result: { text: 'hello' },
  });
  await server.close();
});
