/** Runs that are started over the connection of the worker in the same process. */
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../../contracts/messages.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import type { OwnWorker } from '../../src/adapters/temporal/workflow-starter.js';
import { startSystem, type System } from './support/system.js';

const ownWorker: OwnWorker = { connection: null };
const steps = [{ id: 'a', tool: 'echo', args: {} }];
let system: System;

beforeAll(async () => {
  system = await startSystem({ ownWorker });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

async function isEager(runId: string): Promise<boolean> {
  await system.events(runId);
  const { events } = await system.client.workflow.getHandle(workflowIdOf(runId)).fetchHistory();
  return events?.[0]?.workflowExecutionStartedEventAttributes?.eagerExecutionAccepted === true;
}

test('the first workflow task comes back with the start', async () => {
  const run = await system.start(steps);
  expect(await isEager(run.id)).toBe(true);
  expect((await system.events(run.id)).at(-1)?.type).toBe('run.completed');
});

test('a second start of one run meets the first', async () => {
  const run = { ...(await system.start(steps)), requestHash: 'other' };
  const again = await system.engine.start({ run, plan: null, inputsData: null, tools: {} });
  expect(again).toEqual({ started: false, requestHash: null });
});

test('a connection that has just been closed is gone around', async () => {
  const own = ownWorker.connection;
  const closed = await NativeConnection.connect({ address: system.address });
  await closed.close();
  ownWorker.connection = closed;
  try {
    const run = await system.start(steps);
    expect(await isEager(run.id)).toBe(false);
  } finally {
    ownWorker.connection = own;
  }
});
