/** Who is written down for what, over a real socket; that no call is forgotten is for openapi/tour.test.ts. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AuditList } from '../../../contracts/audit.js';
import { createApp } from '../create-app.js';
import type { ApiDependencies } from '../context.js';
import { createApiKey } from '../sign-in/create-api-key.js';
import { createSignIn } from '../sign-in/sign-in.js';
import { checkedFetch as fetch } from '../testing/checked-fetch.js';
import { createFakeApiKeys, type FakeApiKeys } from '../testing/fake-api-keys.js';
import { createFakeAudit, type FakeAudit } from '../testing/fake-audit.js';
import { createFakes, dependenciesOf, type Fakes } from '../testing/fakes.js';
import { listen } from '../testing/listen.js';
import { createAuditWriter } from './audit-writer.js';

let fakes: Fakes;
let apiKeys: FakeApiKeys;
let log: FakeAudit;
let writer: ReturnType<typeof createAuditWriter>;
const closers: (() => Promise<void>)[] = [];
beforeEach(() => {
  fakes = createFakes();
  apiKeys = createFakeApiKeys();
  log = createFakeAudit();
  writer = createAuditWriter(log, fakes.logger);
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(more: Partial<ApiDependencies> = {}) {
  const signIn = createSignIn({
    ...{ required: true, tokens: null, apiKeys, ticketSecret: 'x'.repeat(32), logger: fakes.logger },
    apiKeyCheck: { freshMs: 0 },
  });
  const server = await listen(
    createApp(dependenciesOf(fakes, { signIn, apiKeys, audit: { log, writer }, ...more })).app,
  );
  closers.push(() => server.close());
  return (
    method: string,
    path: string,
    token: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) =>
    fetch(server.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}
const keyOf = (
  scope: 'read' | 'write' | 'audit' | 'admin',
  tenantId = 'acme',
  expiresAt: string | null = null,
) => createApiKey(apiKeys, { name: 'k', tenantId, scope, createdBy: 'user:1', expiresAt });
const run = { goal: 'a goal that nobody is to read', plan: { steps: [{ id: 'a', tool: 'echo' }] } };
const idOf = async (answer: Response): Promise<string> => ((await answer.json()) as { id: string }).id;
const entries = async (count: number) => {
  await vi.waitFor(
    () => {
      expect(log.added).toHaveLength(count);
    },
    { timeout: 20_000 },
  );
  return log.added;
};
const short = () => log.added.map(({ action, target, outcome }) => [action, target, outcome]);

test('an entry says who, from where, what, to what and with which end, and nothing of what was sent', async () => {
  const call = await serve();
  const { key, token } = await keyOf('write');
  const answer = await call('POST', '/v1/runs', token, run, { 'x-request-id': 'r-7' });
  const id = await idOf(answer);
  const [entry] = await entries(1);
  expect(entry).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    at: expect.stringMatching(/^20.*Z$/) as string,
    tenantId: 'acme',
    subject: `key:${key.id}`,
    address: '127.0.0.1',
    action: 'submitRun',
    target: `runs/${id}`,
    outcome: 'ok',
    requestId: 'r-7',
  });
  await call('POST', `/v1/runs/${id.toUpperCase()}/cancel`, token, { reason: 'canary-reason' });
  await call('PUT', `/v1/runs/${id}/files/in/a%20b.txt`, token, 'canary-content');
  await call('POST', `/v1/runs/${token}/cancel`, token);
  await entries(4);
  expect(short().slice(1)).toEqual([
    ['cancelRun', `runs/${id}`, 'ok'],
    ['putFile', `runs/${id}/files/in/a b.txt`, 'ok'],
    ['cancelRun', 'runs/?', 'run_not_found'],
  ]);
  expect(JSON.stringify(log.added)).not.toMatch(/canary|nobody is to read|pdk_/);
});

test('repeats, several runs at once, and runs that go on from another', async () => {
  const call = await serve();
  const { token } = await keyOf('write');
  const id = await idOf(await call('POST', '/v1/runs', token, run, { 'idempotency-key': 'k' }));
  await call('POST', '/v1/runs', token, run, { 'idempotency-key': 'k' });
  await call('POST', '/v1/runs/batch', token, { runs: [{ ...run, idempotencyKey: 'b' }, 7] });
  await fakes.log.append(id, [{ type: 'run.cancelled', key: 'end', at: new Date().toISOString(), data: {} }]);
  const again = await idOf(await call('POST', `/v1/runs/${id}/retry`, token, {}));
  await entries(6);
  const ofBatch = log.added.filter(({ action }) => action === 'submitBatch');
  expect(new Set(ofBatch.map(({ requestId }) => requestId)).size).toBe(1);
  const batched = ofBatch.find(({ outcome }) => outcome === 'ok')?.target ?? '';
  expect(batched).toMatch(/^runs\/[0-9a-f-]{36}$/);
  expect(short().toSorted()).toEqual(
    [
      ['submitRun', `runs/${id}`, 'ok'],
      ['submitRun', `runs/${id}`, 'replayed'],
      ['submitBatch', batched, 'ok'],
      ['submitBatch', null, 'invalid_request'],
      ['retryRun', `runs/${id}`, 'ok'],
      ['retryRun', `runs/${again}`, 'ok'],
    ].toSorted(),
  );
});

test('who is refused is known to the tenant where it is known whose the credentials were', async () => {
  const call = await serve();
  const admin = await keyOf('admin');
  const reader = await keyOf('read');
  const revoked = await keyOf('write');
  const expired = await keyOf('write', 'globex', '2020-01-01T00:00:00.000Z');
  await apiKeys.revoke('acme', revoked.key.id);
  const id = await idOf(await call('POST', '/v1/runs', admin.token, run));
  const other = await idOf(await call('POST', '/v1/runs', admin.token, run));
  await entries(2);
  log.added.length = 0;
  expect((await call('GET', '/v1/api-keys', reader.token)).status).toBe(403);
  expect((await call('POST', `/v1/runs/${id}/cancel`, reader.token)).status).toBe(403);
  expect((await call('GET', '/v1/runs', revoked.token)).status).toBe(401);
  expect((await call('GET', '/v1/runs', expired.token)).status).toBe(401);
  expect((await call('GET', '/v1/runs', `pdk_${'0'.repeat(12)}_${'0'.repeat(70)}`)).status).toBe(401);
  expect((await call('GET', '/v1/runs', 'rubbish')).status).toBe(401);
  await entries(4);
  expect(log.added.map(({ tenantId, subject }) => [tenantId, subject])).toEqual([
    ['acme', `key:${reader.key.id}`],
    ['acme', `key:${reader.key.id}`],
    ['acme', `key:${revoked.key.id}`],
    ['globex', `key:${expired.key.id}`],
  ]);
  expect(short()).toEqual([
    ['listApiKeys', null, 'insufficient_scope'],
    ['cancelRun', `runs/${id}`, 'insufficient_scope'],
    ['listRuns', null, 'unauthenticated'],
    ['listRuns', null, 'unauthenticated'],
  ]);
  log.added.length = 0;
  const made = (await (await call('POST', `/v1/runs/${id}/stream-tickets`, admin.token)).json()) as {
    url: string;
  };
  const stolen = await serveWithoutToken(made.url.replace(id, other));
  expect(stolen).toBe(401);
  await entries(2);
  expect(short()).toEqual([
    ['createStreamTicket', `runs/${id}`, 'ok'],
    ['streamEvents', `runs/${other}`, 'unauthenticated'],
  ]);
});

/** As a browser's EventSource, which has its ticket only. */
async function serveWithoutToken(path: string): Promise<number> {
  const signIn = createSignIn({
    ...{ required: true, tokens: null, apiKeys, ticketSecret: 'x'.repeat(32), logger: fakes.logger },
  });
  const server = await listen(createApp(dependenciesOf(fakes, { signIn, audit: { log, writer } })).app);
  closers.push(() => server.close());
  return (await fetch(server.url + path)).status;
}

test('reads are nobody’s act, but those that give a secret', async () => {
  const call = await serve({ webhooks: { secretOf: () => 'whsec_canary' } });
  const { token } = await keyOf('admin');
  const id = await idOf(await call('POST', '/v1/runs', token, run));
  for (const path of ['', '/files', '/approvals', '/why', '/plan'])
    await call('GET', `/v1/runs/${id}${path}`, token);
  await call('HEAD', `/v1/runs/${id}`, token);
  await call('GET', '/v1/audit', token);
  await call('GET', '/v1/webhook-secret?url=https%3A%2F%2Fa.example%2Fcanary', token);
  await entries(2);
  expect(short()[1]).toEqual(['getWebhookSecret', null, 'ok']);
  expect(JSON.stringify(log.added)).not.toContain('canary');
});

test('the address is the caller’s: as trusted proxies tell it, and as nobody else does', async () => {
  const forwarded = { 'x-forwarded-for': '198.51.100.4, 203.0.113.9, 10.1.2.3' };
  const { token } = await keyOf('write');
  const addressFrom = async (trustedProxies: string[], headers: Record<string, string>) => {
    const call = await serve({ trustedProxies });
    log.added.length = 0;
    await call('POST', '/v1/runs', token, run, headers);
    return (await entries(1))[0]?.address;
  };
  expect(await addressFrom([], forwarded)).toBe('127.0.0.1');
  expect(await addressFrom(['10.0.0.0/8'], forwarded)).toBe('127.0.0.1');
  expect(await addressFrom(['loopback'], forwarded)).toBe('10.1.2.3');
  // Not the first of them, which anybody may have written.
  expect(await addressFrom(['loopback', '10.0.0.0/8'], forwarded)).toBe('203.0.113.9');
  expect(await addressFrom(['loopback'], { 'x-forwarded-for': '<script>' })).toBe('127.0.0.1');
  expect(await addressFrom(['loopback'], { 'x-forwarded-for': '2001:db8::1' })).toBe('2001:db8::1');
});

test('an audit log that cannot be written stops nobody, and is told in the log', async () => {
  const call = await serve();
  const { token } = await keyOf('write');
  log.fault = new Error('a defect');
  expect((await call('POST', '/v1/runs', token, run)).status).toBe(202);
  await vi.waitFor(
    () => {
      expect(fakes.logger.lines.filter(({ fields }) => 'audit' in fields)).toHaveLength(1);
    },
    { timeout: 20_000 },
  );
});

test('it is read by its own scope: by pages, or whole as lines, and only the own tenant’s', async () => {
  const call = await serve();
  const [auditor, writerKey, admin, other] = [
    await keyOf('audit'),
    await keyOf('write'),
    await keyOf('admin'),
    await keyOf('audit', 'globex'),
  ];
  await log.append(
    Array.from({ length: 2_500 }, (_, i) => ({
      ...{
        id: `01a20ecf-3b52-7d16-8a0f-${String(i).padStart(12, '0')}`,
        tenantId: 'acme',
        subject: 'user:ann',
      },
      ...{
        at: new Date().toISOString(),
        address: null,
        action: 'cancelRun',
        target: `runs/${i}`,
        outcome: 'ok',
      },
      requestId: null,
    })),
  );
  expect((await call('GET', '/v1/audit', writerKey.token)).status).toBe(403);
  expect((await call('GET', '/v1/runs', auditor.token)).status).toBe(403);
  expect((await call('POST', '/v1/api-keys', auditor.token, { name: 'n', scope: 'admin' })).status).toBe(403);
  const page = await call('GET', '/v1/audit?limit=2', admin.token);
  const { entries: two, nextCursor } = (await page.json()) as AuditList;
  expect(two).toHaveLength(2);
  const next = await call('GET', `/v1/audit?limit=2&cursor=${nextCursor ?? ''}`, admin.token);
  expect(((await next.json()) as AuditList).entries[0]?.id).not.toBe(two[0]?.id);
  for (const [query, accept] of [
    ['?format=ndjson&action=cancelRun', '*/*'],
    ['?action=cancelRun', 'application/x-ndjson'],
  ] as const) {
    const answer = await call('GET', `/v1/audit${query}`, auditor.token, undefined, { accept });
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(lines).toHaveLength(2_500);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ target: 'runs/2499' });
  }
  expect(await (await call('GET', '/v1/audit?format=ndjson', other.token)).text()).toBe('');
  for (const query of ['?limit=0', '?limit=1001', '?format=csv', '?from=yesterday', '?who=me', '?action='])
    expect((await call('GET', `/v1/audit${query}`, auditor.token)).status, query).toBe(422);
});

test('an export that meets a fault breaks off instead of looking whole', async () => {
  const call = await serve();
  const { token } = await keyOf('audit');
  await log.append(
    Array.from({ length: 1_500 }, (_, i) => ({
      ...{ id: `e${i}`, tenantId: 'acme', subject: 's', at: new Date().toISOString(), address: null },
      ...{ action: 'a', target: null, outcome: 'ok', requestId: null },
    })),
  );
  const list = log.list.bind(log);
  log.list = (tenantId, filter, limit, cursor) =>
    cursor === undefined ? list(tenantId, filter, limit) : Promise.reject(new Error('away'));
  const answer = await call('GET', '/v1/audit?format=ndjson', token);
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow();
});
