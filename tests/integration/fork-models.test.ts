/** A fork asks another model with another prompt, over what the run before has done; nothing of that is asked again. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Run } from '../../contracts/answers.js';
import { testDirectory, TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { startStubServer, type StubServer } from '../../src/adapters/models/testing/stub-server.js';
import { createApp } from '../../src/api/create-app.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';
import { startSystem, type System } from './support/system.js';

let stub: StubServer;
let system: System;
let server: Awaited<ReturnType<typeof listen>>;
let folder: { directory: string; remove: () => Promise<void> };

beforeAll(async () => {
  folder = await testDirectory();
  const other = {
    description: 'asks another model',
    instructions: 'Be brief.',
    models: { tool: 'openai:gpt-5-mini' },
  };
  await writeFile(path.join(folder.directory, 'other.yaml'), JSON.stringify(other));
  stub = await startStubServer(({ model, messages }) => ({
    text: `${model} on: ${String(messages[1]?.content)}`,
  }));
  system = await startSystem({
    settings: {
      PERDURE_MODEL: 'openai:gpt-5',
      OPENAI_BASE_URL: stub.url,
      PERDURE_AGENTS_DIR: folder.directory,
    },
  });
  const { store: runs, log, engine, workspace, tools, agents } = system;
  server = await listen(
    createApp(dependenciesOf(createFakes(), { runs, log, engine, workspace, tools, agents })).app,
  );
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await server.close();
  await system.release();
  await stub.close();
  await folder.remove();
});

async function started(address: string, body: object): Promise<{ id: string; result: unknown }> {
  const answer = await fetch(`${server.url}${address}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const run = (await answer.json()) as Run;
  expect(answer.status, JSON.stringify(run)).toBe(202);
  const end = (await system.events(run.id)).at(-1);
  return { id: run.id, result: end?.type === 'run.completed' ? end.result : end };
}

test('from step N, with another prompt and another model', async () => {
  const agent = (id: string, task: string) => ({ id, tool: 'agent', args: { task } });
  const first = await started('/v1/runs', {
    goal: 'ask twice',
    plan: { steps: [agent('one', 'First.'), agent('two', 'After {{steps.one.output.turns}}: in prose.')] },
  });
  expect(first.result).toMatchObject({ text: 'gpt-5 on: After 1: in prose.' });
  const args = { task: 'After {{steps.one.output.turns}}: in verse.' };
  const fork = await started(`/v1/runs/${first.id}/fork`, { fromStep: 'two', agent: 'other', args });
  expect(fork.result).toMatchObject({ text: 'gpt-5-mini on: After 1: in verse.' });
  expect(stub.requests.map(({ model }) => model)).toEqual(['gpt-5', 'gpt-5', 'gpt-5-mini']);
  expect(String(stub.requests[2]?.messages[0]?.content)).toContain('Be brief.');
});
