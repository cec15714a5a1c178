import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { callTemporal } from '../adapters/temporal/unavailable.js';
import { connectTemporal } from './temporal-connection.js';

test('a connection is closed in the middle of attempts, and nothing throws later', async () => {
  // Where nobody listens any more.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const connection = connectTemporal(`127.0.0.1:${port}`, {});
  const asked = (): Promise<unknown> =>
    connection
      .withDeadline(Date.now() + 8_000, () => connection.workflowService.getSystemInfo({}))
      .catch((error: unknown) => error);
  // The first has failed once there are timers for others; an error that nobody catches fails this file.
  const calls = [asked(), asked(), asked()];
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await connection.close();
  for (const call of calls) expect(String(await call)).toMatch(/UNAVAILABLE|CANCELLED|DEADLINE_EXCEEDED/);
});

test('what kept a call from Temporal is named, also once its time is over', { timeout: 60_000 }, async () => {
  const connection = connectTemporal('127.0.0.1:9', {});
  onTestFinished(() => connection.close());
  const error: unknown = await callTemporal(connection, () =>
    connection.workflowService.getSystemInfo({}),
  ).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'temporal_unavailable' });
  expect(String(error)).toMatch(/Temporal did not answer(?: in time)?: connect ECONNREFUSED 127\.0\.0\.1:9$/);
});
