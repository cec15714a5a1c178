import { Webhook } from 'standardwebhooks';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { createAddressGuard } from '../tools/address-guard.js';
import { startServer, type TestServer } from '../tools/testing/http-server.js';
import { createWebhookSecrets } from './signature.js';
import { createWebhookSender } from './webhook-sender.js';

let server: TestServer | undefined;
afterEach(() => server?.close());

const present = createWebhookSecrets('present');
const former = createWebhookSecrets('former');
const webhook = (url: string) => ({ id: 'msg_1', tenantId: 'acme', url, body: '{"a":1}' });
const never = new AbortController().signal;

test('while the secret is changed, receivers that know either can check it', async () => {
  const seen: { body: string; headers: Record<string, string> }[] = [];
  server = await startServer((req, res) => {
    void text(req).then((body) => {
      seen.push({ body, headers: req.headers as Record<string, string> });
      res.writeHead(204).end();
    });
  });
  const guard = createAddressGuard({ allow: [server.host] });
  await createWebhookSender({ guard, secrets: [present, former] }).send(webhook(server.url), never);
  const [sent] = seen;
  if (sent === undefined) throw new Error('nothing was sent');
  expect(sent.headers['content-type']).toBe('application/json');
  for (const secrets of [present, former])
    expect(new Webhook(secrets.secretOf('acme', server.url)).verify(sent.body, sent.headers)).toEqual({
      a: 1,
    });
  // Neither another tenant's secret nor another body passes.
  expect(() =>
    new Webhook(present.secretOf('other', server?.url ?? '')).verify(sent.body, sent.headers),
  ).toThrow();
  const { url } = server;
  expect(() => new Webhook(present.secretOf('acme', url)).verify('{"a":2}', sent.headers)).toThrow();
});

test.each([
  [500, {}, { code: 'webhook_not_delivered', retryAfterSeconds: undefined }],
  [429, { 'retry-after': '7' }, { code: 'webhook_not_delivered', retryAfterSeconds: 7 }],
  [404, {}, { code: 'webhook_not_delivered' }],
  [410, {}, { code: 'webhook_refused', retryable: false }],
  [307, { location: 'http://127.0.0.1:1/' }, { code: 'webhook_not_delivered' }],
])('HTTP %i', async (status, headers, error) => {
  server = await startServer((_, res) => {
    res.writeHead(status, headers).end('not now');
  });
  const sender = createWebhookSender({
    guard: createAddressGuard({ allow: [server.host] }),
    secrets: [present],
  });
  await expect(sender.send(webhook(server.url), never)).rejects.toMatchObject(error);
});

test('an address that is not public is not called, and one that is away is worth another try', async () => {
  let calls = 0;
  server = await startServer((_, res) => {
    calls += 1;
    res.end();
  });
  const guarded = createWebhookSender({ guard: createAddressGuard({ allow: [] }), secrets: [present] });
  for (const url of [server.url, 'http://localhost/', 'http://[::ffff:10.0.0.1]/', 'http://0x7f000001/'])
    await expect(guarded.send(webhook(url), never)).rejects.toMatchObject({ code: 'address_not_allowed' });
  expect(calls).toBe(0);
  const { host, url } = server;
  await server.close();
  server = undefined;
  const sender = createWebhookSender({ guard: createAddressGuard({ allow: [host] }), secrets: [present] });
  await expect(sender.send(webhook(url), never)).rejects.toMatchObject({ code: 'webhook_not_delivered' });
});

test('what stops the worker stops the sending', async () => {
  server = await startServer(() => undefined);
  const stop = new AbortController();
  const sender = createWebhookSender({
    guard: createAddressGuard({ allow: [server.host] }),
    secrets: [present],
  });
  const sent = sender.send(webhook(server.url), stop.signal);
  stop.abort(new Error('stopped'));
  await expect(sent).rejects.toThrow('stopped');
});
