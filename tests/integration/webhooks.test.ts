/** A run's end is carried to its webhook, over failures and over hours, and never changed by what the receiver does. */
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../../contracts/messages.js';
import { RECONCILE_WORKFLOW, type ReconcileResult } from '../../contracts/reconcile.js';
import { webhookWorkflowIdOf } from '../../contracts/webhook-delivery.js';
import { webhookMessageSchema, type WebhookMessage } from '../../contracts/webhooks.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { startServer, type TestServer } from '../../src/tools/testing/http-server.js';
import { createWebhookSecrets } from '../../src/webhooks/signature.js';
import { startSystem, WEBHOOK_SECRET, type System } from './support/system.js';

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}
const received: Received[] = [];
/** What the receiver says next, by path; 200 after that. */
const answers = new Map<string, { status: number; headers?: Record<string, string> }[]>();
let receiver: TestServer;
let system: System;
beforeAll(async () => {
  receiver = await startServer((req, res) => {
    void text(req).then((body) => {
      const path = req.url ?? '';
      received.push({ path, headers: req.headers, body });
      const { status, headers } = answers.get(path)?.shift() ?? { status: 200, headers: {} };
      res.writeHead(status, headers).end();
    });
  });
  system = await startSystem({ httpAllow: [receiver.host] });
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await system.release();
  await receiver.close();
});

const echo = [{ id: 'a', tool: 'echo', args: { n: 1 } }];
const receivedAt = (path: string): Received[] => received.filter((one) => one.path === path);
const deliveryOf = async (runId: string) => (await system.store.findRun('acme', runId))?.webhook;
const untilState = (runId: string, state: string) =>
  expect.poll(async () => (await deliveryOf(runId))?.state, { timeout: 20_000 }).toBe(state);
const secretOf = (url: string): string => createWebhookSecrets(WEBHOOK_SECRET).secretOf('acme', url);

test('a receiver that is away for a moment is told once it is back, in a way that it can check', async () => {
  answers.set('/ok', [{ status: 503, headers: { 'retry-after': '1' } }]);
  const url = `${receiver.url}/ok?key=1`;
  answers.set('/ok?key=1', answers.get('/ok') ?? []);
  const run = await system.start(echo, { webhook: url });
  await untilState(run.id, 'delivered');
  expect(await deliveryOf(run.id)).toMatchObject({ url, state: 'delivered', attempts: 2, lastError: null });

  const [first, second, ...more] = receivedAt('/ok?key=1');
  expect(more).toEqual([]);
  if (first === undefined || second === undefined) throw new Error('it was told twice');
  const verifier = new Webhook(secretOf(url));
  for (const { body, headers } of [first, second]) {
    const message = verifier.verify(body, headers as Record<string, string>) as WebhookMessage;
    expect(webhookMessageSchema.parse(message)).toMatchObject({
      type: 'run.completed',
      data: { id: run.id, status: 'completed', result: { n: 1 }, links: { self: `/v1/runs/${run.id}` } },
    });
    // Of another address the secret is another.
    expect(() =>
      new Webhook(secretOf(receiver.url)).verify(body, headers as Record<string, string>),
    ).toThrow();
  }
  expect(first.headers['webhook-id']).toBe(second.headers['webhook-id']);
  expect(first.body).toBe(second.body);

  // What it is signed with is in no history.
  const handle = system.client.workflow.getHandle(webhookWorkflowIdOf(run.id));
  await handle.result();
  const history = JSON.stringify(await handle.fetchHistory());
  for (const secret of [WEBHOOK_SECRET, secretOf(url)]) {
    expect(history).not.toContain(secret);
    expect(history).not.toContain(Buffer.from(secret).toString('base64').slice(0, 30));
  }
});

test('a receiver that is dead, or wants no more, changes nothing about the run', async () => {
  answers.set('/gone', [{ status: 410 }]);
  answers.set('/away', [{ status: 302, headers: { location: `${receiver.url}/elsewhere` } }]);
  const [gone, refused, away] = [
    await system.start(echo, { webhook: `${receiver.url}/gone` }),
    await system.start(echo, { webhook: 'http://169.254.169.254/latest/meta-data' }),
    await system.start(echo, { webhook: `${receiver.url}/away` }),
  ];
  await untilState(gone.id, 'undelivered');
  await untilState(refused.id, 'undelivered');
  await expect.poll(async () => (await deliveryOf(away.id))?.lastError, { timeout: 20_000 }).not.toBeNull();
  expect(await deliveryOf(gone.id)).toMatchObject({
    attempts: 1,
    lastError: expect.stringContaining('410') as string,
  });
  expect((await deliveryOf(refused.id))?.lastError).toContain('169.254.169.254 may not be called');
  expect(await deliveryOf(away.id)).toMatchObject({
    state: 'delivering',
    lastError: expect.stringContaining('which is not followed') as string,
  });
  expect(receivedAt('/elsewhere')).toEqual([]);
  for (const { id } of [gone, refused, away]) {
    // The run's own workflow waits for nobody.
    expect((await system.events(id)).at(-1)?.type).toBe('run.completed');
    expect(await system.store.findRun('acme', id)).toMatchObject({ status: 'completed' });
  }
  await system.client.workflow.getHandle(webhookWorkflowIdOf(away.id)).terminate('the test is over');
});

test('runs that fail, and that are cancelled, tell so', async () => {
  const url = `${receiver.url}/ends`;
  const failed = await system.start([{ id: 'a', tool: 'file_read', args: { path: 'nothing.txt' } }], {
    webhook: url,
  });
  const cancelled = await system.start([{ id: 'a', tool: 'wait', args: { seconds: 3_600 } }], {
    webhook: url,
  });
  await expect
    .poll(async () => (await system.store.findRun('acme', cancelled.id))?.status, { timeout: 20_000 })
    .toBe('running');
  expect(await deliveryOf(cancelled.id)).toEqual({
    ...{ url, state: 'waiting', attempts: 0, lastAttemptAt: null, lastError: null },
  });
  await system.engine.cancel(cancelled.id, 'enough');
  for (const { id } of [failed, cancelled]) await untilState(id, 'delivered');
  const told = receivedAt('/ends').map(({ body }) => JSON.parse(body) as WebhookMessage);
  expect(told.find(({ data }) => data.id === failed.id)?.type).toBe('run.failed');
  expect(told.find(({ data }) => data.id === cancelled.id)?.type).toBe('run.cancelled');
});

test('a run that was terminated behind our back tells so, by the reconciler', async () => {
  const url = `${receiver.url}/reconciled`;
  const run = await system.start([{ id: 'a', tool: 'wait', args: { seconds: 3_600 } }], { webhook: url });
  await expect
    .poll(async () => (await system.store.findRun('acme', run.id))?.status, { timeout: 20_000 })
    .toBe('running');
  await system.client.workflow.getHandle(workflowIdOf(run.id)).terminate('by hand');
  const reconcile = (): Promise<ReconcileResult> =>
    system.client.workflow.execute(RECONCILE_WORKFLOW, {
      taskQueue: 'perdure',
      workflowId: `reconcile-${Math.random()}`,
    }) as Promise<ReconcileResult>;
  // The first writes its end; that nobody has told of it is seen by the next at the latest.
  const sum = [await reconcile(), await reconcile()];
  expect(sum.map(({ ended }) => ended)).toEqual([1, 0]);
  expect(sum.reduce((all, { webhooks }) => all + webhooks, 0)).toBe(1);
  await untilState(run.id, 'delivered');
  expect(receivedAt('/reconciled').map(({ body }) => (JSON.parse(body) as WebhookMessage).type)).toEqual([
    'run.failed',
  ]);
});
