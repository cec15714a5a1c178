import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
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
