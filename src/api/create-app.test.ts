/** The answers that matter most, over a real socket. */
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PerdureError } from '../../contracts/errors.js';
import type { WorkspaceScope } from '../ports/workspace.js';
import { createApp, type App } from './create-app.js';
import { checkedFetch as fetch } from './testing/checked-fetch.js';
import { createFakes, dependenciesOf, type Fakes } from './testing/fakes.js';
import { listen } from './testing/listen.js';

let fakes: Fakes;
let api: App;
let server: Awaited<ReturnType<typeof listen>>;
beforeEach(async () => {
  fakes = createFakes();
  api = createApp(dependenciesOf(fakes, { streams: { pollMs: 50, safetyPollMs: 200, heartbeatMs: 100 } }));
  server = await listen(api.app);
});
afterEach(() => server.close());

const body = (more: object = {}) => ({ goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo' }] }, ...more });
const post = (value: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof value === 'string' ? value : JSON.stringify(value),
  });
const raw = (text: string): Promise<string> =>
  new Promise((resolve) => {
    let got = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    socket
      .on('data', (d) => (got += d.toString()))
      .on('close', () => {
        resolve(got);
      })
      .on('error', () => {
        resolve(got);
      });
  });
const at = new Date().toISOString();

test('submits, replays and refuses a reused key', async () => {
  const files = (content: string) => ({ inputs: { files: [{ path: 'in.txt', content }] } });
  const first = await post(body(files('one')), { 'idempotency-key': 'k' });
  const run = (await first.json()) as { id: string };
  expect([first.status, first.headers.get('location')]).toEqual([202, `/v1/runs/${run.id}`]);
  const again = await post(body(files('one')), { 'idempotency-key': 'k' });
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
  for (const down of [false, true]) {
    fakes.store.down = down;
    const other = await post(body(files('two')), { 'idempotency-key': 'k' });
    expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([
      422,
      'idempotency_key_reused',
    ]);
  }
  fakes.store.down = false;
  expect(await (await fetch(`${server.url}/v1/runs/${run.id}/files/in.txt`)).text()).toBe('one');
});

test('a database that is down loses no submission, and names every bad field', async () => {
  fakes.store.down = true;
  const accepted = await post(body());
  expect(accepted.status).toBe(202);
  const self = `${server.url}${accepted.headers.get('location') ?? ''}`;
  expect((await fetch(self)).status).toBe(503);
  fakes.store.down = false;
  // Temporal knows of it: "there is no such run" would be wrong, however long it takes.
  const early = await fetch(self);
  expect([early.status, early.headers.get('retry-after'), await early.json()]).toMatchObject([
    503,
    '1',
    { code: 'run_not_recorded' },
  ]);
  expect((await fetch(`${server.url}/v1/runs/01a20eca-d14f-72ca-9ad6-7b45cd32c878`)).status).toBe(404);
  const bad = (await (
    await post(body({ plan: { steps: [{ id: 'a', tool: 'echo', foo: 1 }] } }))
  ).json()) as object;
  expect(bad).toMatchObject({ code: 'invalid_request', errors: [{ field: 'plan.steps[0].foo' }] });
  expect(await (await post('{"goal": }')).json()).toMatchObject({
    code: 'malformed_json',
    detail: expect.stringContaining('position 9') as string,
  });
  for (const text of ['null', '"goal"', '7', 'true', '[]']) {
    const answer = await post(text);
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { code: 'invalid_request', errors: [{ field: 'body' }] },
    ]);
  }
  expect(await (await post({ goal: 'g' })).json()).toMatchObject({ code: 'model_not_configured' });
  expect((await post(`{"goal":"${'x'.repeat(10_000_000)}"}`)).status).toBe(413);
});

test('a run whose record is a moment behind is waited for', async () => {
  fakes.store.down = true;
  const { id } = (await (await post(body())).json()) as { id: string };
  fakes.store.down = false;
  const found = fetch(`${server.url}/v1/runs/${id}`);
  const start = fakes.engine.starts[0];
  if (start === undefined) throw new Error('nothing was started');
  await new Promise((resolve) => setTimeout(resolve, 150));
  await fakes.runs.createRun(start.run);
  expect([(await found).status, await (await found).json()]).toMatchObject([200, { id, goal: 'g' }]);
});

test('of a submission whose files cannot all be stored none stays', async () => {
  const put = fakes.workspace.put.bind(fakes.workspace);
  let scope: WorkspaceScope | undefined;
  fakes.workspace.put = async (given, path, content) => {
    scope = given;
    if (path === 'bad.txt') throw new PerdureError('workspace_unavailable', 'no room');
    // Still under way when the other has failed.
    await new Promise((resolve) => setTimeout(resolve, 50));
    return put(given, path, content);
  };
  const files = ['a.txt', 'bad.txt', 'c.txt'].map((path) => ({ path, content: 'x' }));
  expect((await post(body({ inputs: { files } }))).status).toBe(503);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(scope && (await fakes.workspace.list(scope, { system: true }))).toEqual([]);
});

test('hosts, traversal and methods', async () => {
  const { id } = (await (await post(body())).json()) as { id: string };
  const get = (path: string, host = 'localhost') =>
    raw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(await get('/healthz', 'evil.test')).toMatch(/^HTTP\/1.1 403/);
  for (const path of ['../x', '%2e%2e/x', 'a/%2e%2e/b', 'a%2fb', '%252e%252e/x', '%zz'])
    expect(await get(`/v1/runs/${id}/files/${path}`), path).toMatch(/^HTTP\/1.1 422[\s\S]*invalid_path/);
  const patch = await fetch(`${server.url}/v1/runs`, { method: 'DELETE' });
  expect([patch.status, patch.headers.get('allow')]).toEqual([405, 'POST, GET, HEAD, OPTIONS']);
});

test('files: put, range, 304, 416', async () => {
  const { id } = (await (await post(body())).json()) as { id: string };
  const url = `${server.url}/v1/runs/${id}/files/a/b.txt`;
  expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(201);
  expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200);
  const part = await fetch(url, { headers: { range: 'bytes=1-2' } });
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
    206,
    'el',
    'bytes 1-2/5',
  ]);
  const etag = part.headers.get('etag') ?? '';
  expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect((await fetch(url, { headers: { range: 'bytes=9-' } })).status).toBe(416);
});

test('files: writes on a condition, and no links without a store that has them', async () => {
  const { id } = (await (await post(body())).json()) as { id: string };
  const url = `${server.url}/v1/runs/${id}/files/c.txt`;
  const put = (headers: Record<string, string>) => fetch(url, { method: 'PUT', body: 'x', headers });
  expect((await put({ 'if-match': '*' })).status).toBe(412);
  const first = await put({ 'if-none-match': '*' });
  expect(first.status).toBe(201);
  const again = await put({ 'if-none-match': '*' });
  expect([again.status, await again.json()]).toMatchObject([412, { code: 'precondition_failed' }]);
  expect((await put({ 'if-match': '"other"' })).status).toBe(412);
  const etag = first.headers.get('etag') ?? '';
  expect((await put({ 'if-match': `W/${etag}` })).status).toBe(412);
  expect((await put({ 'if-match': `"other", ${etag}` })).status).toBe(200);
  const link = (value: object, path = url) =>
    fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(value),
    });
  expect((await link({ method: 'GET' })).status).toBe(501);
  expect((await link({ method: 'PUT' })).status).toBe(422);
  expect((await link({ method: 'GET', expiresSeconds: 3_601 })).status).toBe(422);
  expect((await link({ method: 'PUT', bytes: 2e9 })).status).toBe(413);
  const own = `${server.url}/v1/runs/${id}/files/.perdure/x`;
  expect((await link({ method: 'PUT', bytes: 1 }, own)).status).toBe(422);
  const absent = `${server.url}/v1/runs/01a20eca-d14f-72ca-9ad6-7b45cd32c878/files/c.txt`;
  expect((await link({ method: 'GET' }, absent)).status).toBe(404);
});

test.each([true, false])('a stream has every event once and ends (messages arrive: %s)', async (arrive) => {
  const { id } = (await (await post(body())).json()) as { id: string };
  const publish = fakes.bus.publish.bind(fakes.bus);
  const append = async (n: number) => {
    const last = n === 30;
    const [row] = await fakes.log.append(id, [
      last
        ? { type: 'run.completed', key: 'end', at, data: { result: 1 } }
        : { type: 'supervisor.decided', key: `k${n}`, at, data: { decision: 'continue', reason: `${n}` } },
    ]);
    if (row && (arrive ? n % 3 > 0 : false)) publish(id, row.event);
  };
  const stream = fetch(`${server.url}/v1/runs/${id}/events`).then((r) => r.text());
  for (let n = 1; n <= 30; n += 1) {
    await append(n);
    await new Promise((r) => setTimeout(r, 5));
  }
  const text = await stream;
  expect([...text.matchAll(/^id: (\d+)$/gm)].map((m) => Number(m[1]))).toEqual(
    Array.from({ length: 31 }, (_, i) => i + 1),
  );
  const done = await fetch(`${server.url}/v1/runs/${id}/events`, { headers: { 'last-event-id': '31' } });
  expect(done.status).toBe(204);
});

test('a submission that asks for events gets them in the same answer', async () => {
  const answer = await post(body(), { accept: 'text/event-stream' });
  const self = answer.headers.get('location') ?? '';
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
  ]);
  await fakes.log.append(self.split('/').at(-1) ?? '', [
    { type: 'run.completed', key: 'end', at, data: { result: 1 } },
  ]);
  const text = await answer.text();
  expect([...text.matchAll(/^event: (.*)$/gm)].map((m) => m[1])).toEqual(['run.queued', 'run.completed']);
});

test('drain ends streams and submissions', async () => {
  const { id } = (await (await post(body())).json()) as { id: string };
  const stream = await fetch(`${server.url}/v1/runs/${id}/events`);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  api.drain();
  await stream.text();
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  expect((await post(body())).status).toBe(503);
  expect(fakes.bus.listeners.size).toBe(0);
});

test('lists runs of several statuses, and says what is wrong with a filter', async () => {
  const { id } = (await (await post(body({ metadata: { 'a,b': 'x,y' } }))).json()) as { id: string };
  await post(body());
  await fakes.log.append(id, [{ type: 'run.started', key: 's', at, data: {} }]);
  const list = async (query: string) =>
    (await (await fetch(`${server.url}/v1/runs?${query}`)).json()) as {
      runs?: { status: string }[];
      errors?: { field: string }[];
    };
  const statuses = async (query: string) => (await list(query)).runs?.map(({ status }) => status);
  expect(await statuses('status=running')).toEqual(['running']);
  expect(await statuses('status=running,queued')).toEqual(['queued', 'running']);
  expect(await statuses('status=running&status=queued')).toEqual(['queued', 'running']);
  expect(await statuses('status=completed,failed')).toEqual([]);
  expect(await statuses(`metadata[${encodeURIComponent('a,b')}]=x,y`)).toEqual(['running']);
  const fields = async (query: string) => (await list(query)).errors?.map(({ field }) => field);
  expect(await fields('status=')).toEqual(['status']);
  expect(await fields('status=running,gone')).toEqual(['status']);
  expect(await fields('agent=a&agent=b')).toEqual(['agent']);
  expect(await fields('limit=1e1')).toEqual(['limit']);
  expect(await fields('metadata=x')).toEqual(['metadata']);
});
