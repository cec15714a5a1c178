/** Limits of a tenant, as its clients meet them. */
import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { TenantLimits } from '../ports/admission.js';
import { createApp } from './create-app.js';
import { checkedFetch as fetch } from './testing/checked-fetch.js';
import { createFakeAdmission, type FakeAdmission } from './testing/fake-admission.js';
import { createFakes, dependenciesOf, type Fakes } from './testing/fakes.js';
import { listen } from './testing/listen.js';

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

async function serve(given: Partial<TenantLimits>) {
  const fakes: Fakes = createFakes();
  const port: FakeAdmission = createFakeAdmission();
  const limits = { openRuns: null, submissionsPerMinute: null, storageBytes: null, ...given };
  const server = await listen(createApp(dependenciesOf(fakes, { admission: { port, limits } })).app);
  close = () => server.close();
  const submit = (key?: string, more: object = {}) =>
    fetch(`${server.url}/v1/runs`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: JSON.stringify({ goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo' }] }, ...more }),
    });
  const put = (id: string, name: string, body: string) =>
    fetch(`${server.url}/v1/runs/${id}/files/${name}`, { method: 'PUT', body });
  return { fakes, port, submit, put, server };
}

const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code;
const idOf = async (answer: Response) => ((await answer.json()) as { id: string }).id;
const file = (content: string) => ({ inputs: { files: [{ path: 'in.txt', content }] } });

test('of a hundred submissions at once no more are taken than may be open', async () => {
  const { submit, fakes } = await serve({ openRuns: 10 });
  const answers = await Promise.all(Array.from({ length: 100 }, () => submit()));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(10);
  expect(fakes.engine.starts).toHaveLength(10);
  const [refused = new Response()] = answers.filter(({ status }) => status !== 202);
  expect([refused.status, await codeOf(refused)]).toEqual([429, 'run_limit_reached']);
  expect(Object.fromEntries(refused.headers)).toMatchObject({
    'retry-after': '10',
    'ratelimit-policy': '"open-runs";q=10',
    ratelimit: '"open-runs";r=0',
  });
});

test('a hundred equal submissions at once are one run, and count as one', async () => {
  const { submit, fakes } = await serve({ openRuns: 2, submissionsPerMinute: 2 });
  const answers = await Promise.all(Array.from({ length: 100 }, () => submit('k')));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(await Promise.all(answers.map(idOf))).size).toBe(1);
  expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') !== 'true')).toHaveLength(1);
  expect(fakes.engine.starts).toHaveLength(1);
  expect((await submit('k', { goal: 'another' })).status).toBe(422);
  const second = await submit('l');
  expect([second.status, second.headers.get('ratelimit')]).toEqual([
    202,
    '"submissions";r=0;t=42, "open-runs";r=0',
  ]);
  expect((await submit('k')).status).toBe(202);
});

test('past the submissions of a minute the answer says when the next will do', async () => {
  const { submit } = await serve({ submissionsPerMinute: 1 });
  expect((await submit()).status).toBe(202);
  const refused = await submit();
  expect([refused.status, await codeOf(refused)]).toEqual([429, 'rate_limited']);
  expect(Object.fromEntries(refused.headers)).toMatchObject({
    'retry-after': '42',
    'ratelimit-policy': '"submissions";q=1;w=60',
    ratelimit: '"submissions";r=0;t=42',
  });
});

test('a run that could not be started gives its place back', async () => {
  const { submit, fakes, port } = await serve({ openRuns: 1 });
  fakes.engine.down = new Error('no Temporal');
  expect((await submit()).status).toBe(500);
  expect(port.places.get('local')?.size).toBe(0);
  fakes.engine.down = null;
  expect((await submit()).status).toBe(202);
});

test('without the database runs are admitted, and the log says so', async () => {
  const { submit, port, fakes } = await serve({ openRuns: 1, submissionsPerMinute: 1, storageBytes: 3 });
  port.down = true;
  for (let i = 0; i < 3; i += 1) expect((await submit(undefined, file('long'))).status).toBe(202);
  expect(fakes.logger.lines.map(({ message }) => message)).toContain(
    'a run is admitted without its limits: the database does not answer',
  );
});

test('files find room or are refused, and what is deleted makes room', async () => {
  const { submit, put, port, server } = await serve({ storageBytes: 10 });
  const refused = await submit(undefined, file('x'.repeat(11)));
  expect([refused.status, await codeOf(refused)]).toEqual([429, 'storage_limit_reached']);
  const id = await idOf(await submit(undefined, file('12345')));
  expect((await put(id, 'a', '12345')).status).toBe(201);
  const full = await put(id, 'b', '1');
  expect([full.status, full.headers.get('retry-after')]).toEqual([429, '60']);
  expect((await fetch(`${server.url}/v1/runs/${id}/files/a`, { method: 'DELETE' })).status).toBe(204);
  expect((await put(id, 'b', '1')).status).toBe(201);
  expect(port.holds.size).toBe(0);
});

test('a link for an upload keeps the room that it may fill', async () => {
  const { submit, port, server, fakes } = await serve({ storageBytes: 10 });
  fakes.workspace.presign = (_scope, path) =>
    Promise.resolve({
      method: 'PUT',
      url: `https://s3.test/${path}`,
      headers: {},
      expiresAt: '2026-11-25T00:00:00.000Z',
    });
  const id = await idOf(await submit());
  const link = (bytes: number) =>
    fetch(`${server.url}/v1/runs/${id}/files/a`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ method: 'PUT', bytes }),
    });
  expect((await link(6)).status).toBe(200);
  const refused = await link(5);
  expect([refused.status, await codeOf(refused)]).toEqual([429, 'storage_limit_reached']);
  // What was refused keeps nothing.
  expect([...port.holds.values()]).toEqual([6]);
  expect((await link(4)).status).toBe(200);
});

test('of many uploads at once no more are taken than there is room for', async () => {
  const { submit, put, fakes } = await serve({ storageBytes: 1_000 });
  const id = await idOf(await submit());
  await Promise.all(Array.from({ length: 20 }, (_, i) => put(id, `f${i}`, 'x'.repeat(100))));
  const kept = await fakes.workspace.list({ tenantId: 'local', runId: id });
  expect(kept.length).toBeLessThanOrEqual(10);
  expect(kept.length).toBeGreaterThan(0);
});

test('an upload of unknown size is cut off where the room ends', async () => {
  const { submit, server, fakes, port } = await serve({ storageBytes: 9_000_000 });
  const id = await idOf(await submit());
  const upload = request(`${server.url}/v1/runs/${id}/files/big`, { method: 'PUT' });
  upload.on('error', () => undefined);
  for (let i = 0; i < 10; i += 1) upload.write(Buffer.alloc(1_000_000));
  const [answer] = (await once(upload, 'response')) as [{ statusCode: number }];
  expect(answer.statusCode).toBe(429);
  upload.destroy();
  expect(await fakes.workspace.list({ tenantId: 'local', runId: id })).toEqual([]);
  expect(port.holds.size).toBe(0);
});
