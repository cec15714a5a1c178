import { once } from 'node:events';
import type http from 'node:http';
import net from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { v7 } from 'uuid';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PerdureError } from '../../contracts/errors.js';
import type { NewEvent } from '../../contracts/events.js';
import type { Principal } from '../../contracts/principal.js';
import { createApp, type App } from './create-app.js';
import type { StreamOptions } from './stream-options.js';
import { createFakes, dependenciesOf, type Fakes } from './testing/fakes.js';
import { listen } from './testing/listen.js';

let fakes: Fakes;
let api: App;
let server: Awaited<ReturnType<typeof listen>>;
let principal: Principal;
let id: string;

const begin = async (streams: Partial<StreamOptions> = {}): Promise<void> => {
  api = createApp(
    dependenciesOf(fakes, {
      streams: { pollMs: 50, safetyPollMs: 200, heartbeatMs: 1_000, ...streams },
      principalOf: () => principal,
    }),
  );
  server = await listen(api.app);
};

beforeEach(async () => {
  fakes = createFakes();
  principal = { tenantId: 'local', subject: 'user:a', scope: 'read', expiresAt: null };
  id = v7();
  await fakes.runs.createRun({
    id,
    tenantId: 'local',
    goal: 'g',
    agent: 'default',
    metadata: {},
    requestHash: null,
    createdAt: new Date().toISOString(),
  });
});
afterEach(() => server.close());

const at = '2026-01-01T00:00:00.000Z';
const append = async (from: number, to: number, reason = ''): Promise<void> => {
  for (let i = from; i <= to; i += 1) {
    const event: NewEvent = {
      type: 'supervisor.decided',
      key: `k${i}`,
      at,
      data: { decision: 'continue', reason },
    };
    for (const { event: logged } of await fakes.log.append(id, [event])) fakes.bus.publish(id, logged);
  }
};
const finish = async (): Promise<void> => {
  const event: NewEvent = { type: 'run.completed', key: 'end', at, data: { result: null } };
  for (const { event: logged } of await fakes.log.append(id, [event])) fakes.bus.publish(id, logged);
};
const stream = (after = 0): Promise<Response> => fetch(`${server.url}/v1/runs/${id}/events?after=${after}`);
const idsIn = (text: string): number[] => [...text.matchAll(/^id: (\d+)$/gm)].map((m) => Number(m[1]));
const upTo = (n: number, from = 1): number[] => Array.from({ length: n - from + 1 }, (_, i) => from + i);

it('a stream ends when its sign-in expires, and says so', async () => {
  await begin();
  principal = { ...principal, expiresAt: Date.now() + 200 };
  const text = await (await stream()).text();
  expect(idsIn(text)).toEqual([1]);
  expect(text).toContain(': the sign-in has expired');
  expect(fakes.bus.listeners.size).toBe(0);
});

it('an expiry further away than a timer can count does not end a stream at once', async () => {
  await begin();
  principal = { ...principal, expiresAt: Date.now() + 2 ** 40 };
  const text = stream().then((answer) => answer.text());
  await append(2, 3);
  await finish();
  expect(idsIn(await text)).toEqual([1, 2, 3, 4]);
});

it('streams of one run share one subscription, from wherever each begins', async () => {
  await append(2, 1_000);
  await begin();
  const afters = [...Array.from({ length: 40 }, () => 0), 10, 250, 999, 1_000];
  const answers = await Promise.all(afters.map(stream));
  const texts = answers.map((answer) => answer.text());
  await vi.waitFor(() => {
    expect(fakes.bus.listeners.get(id)?.size).toBe(1);
  });
  await append(1_001, 1_100);
  await finish();
  for (const [i, text] of texts.entries())
    expect(idsIn(await text)).toEqual(upTo(1_101, (afters[i] ?? 0) + 1));
  expect(fakes.bus.listeners.size).toBe(0);
});

it('what the bus lost is read from the log once for all streams', async () => {
  await begin({ pollMs: 60_000, safetyPollMs: 60_000 });
  const answers = await Promise.all(Array.from({ length: 40 }, () => stream(1)));
  const texts = answers.map((answer) => answer.text());
  const read = vi.spyOn(fakes.log, 'read');
  const lost: NewEvent = { type: 'run.started', key: 'lost', at, data: {} };
  await fakes.log.append(id, [lost]);
  await finish();
  for (const text of texts) expect(idsIn(await text)).toEqual([2, 3]);
  expect(read).toHaveBeenCalledTimes(1);
});

it('a reader that is slow for a while misses nothing, and keeps nobody waiting', async () => {
  await begin({ maxBufferedBytes: 20_000 });
  const socket = net.connect(server.port, '127.0.0.1');
  socket.write(`GET /v1/runs/${id}/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await once(socket, 'readable');
  const quick = stream().then((answer) => answer.text());
  // More than what the sockets' own buffers hold.
  await append(2, 400, 'x'.repeat(50_000));
  await finish();
  expect(idsIn(await quick)).toEqual(upTo(401));
  let text = '';
  socket.setEncoding('latin1');
  for await (const chunk of socket) text += String(chunk);
  expect([...text.matchAll(/id: (\d+)\n/g)].map((m) => Number(m[1]))).toEqual(upTo(401));
});

it('a reader that stays slow loses its connection, and with it its place in the feed', async () => {
  await begin({ maxBufferedBytes: 20_000, slowReaderMs: 100 });
  const socket = net.connect(server.port, '127.0.0.1');
  socket.write(`GET /v1/runs/${id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await once(socket, 'readable');
  await append(2, 400, 'x'.repeat(50_000));
  await vi.waitFor(() => {
    expect(fakes.bus.listeners.size).toBe(0);
  }, 10_000);
  socket.destroy();
});

it('a reader that does not read keeps no more in memory than what it may leave unread', async () => {
  await append(2, 400, 'x'.repeat(50_000));
  await begin({ maxBufferedBytes: 100_000, slowReaderMs: 60_000 });
  let unread: http.ServerResponse | undefined;
  await server.close();
  server = await listen((req, res) => {
    unread = res;
    api.app(req, res);
  });
  // Each read as the log makes it: events that nobody else holds.
  const held: WeakRef<object>[] = [];
  const read = fakes.log.read.bind(fakes.log);
  // No spy, which would hold what it was answered.
  fakes.log.read = async (...given) => {
    const events = structuredClone(await read(...given));
    held.push(...events.map((event) => new WeakRef(event)));
    return events;
  };
  const socket = net.connect(server.port, '127.0.0.1');
  socket.pause();
  socket.write(`GET /v1/runs/${id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await vi.waitFor(() => {
    expect(unread?.writableLength).toBeGreaterThan(100_000);
  }, 10_000);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await vi.waitFor(() => {
    collect();
    expect(held.filter((event) => event.deref() !== undefined).length).toBe(0);
  }, 10_000);
  expect(unread?.writableLength).toBeLessThan(100_000 + 51_000);
  expect(held.length).toBeGreaterThan(100);
  socket.destroy();
});

it('a log that is away for a while costs time, and no event', async () => {
  await begin();
  const text = stream().then((answer) => answer.text());
  await vi.waitFor(() => {
    expect(fakes.bus.listeners.size).toBe(1);
  });
  fakes.bus.listeners.clear();
  fakes.store.down = true;
  await vi.waitFor(() => {
    expect(fakes.logger.lines.some(({ message }) => message.includes('wait for the log'))).toBe(true);
  }, 10_000);
  fakes.store.down = false;
  await append(2, 5);
  await finish();
  const got = await text;
  expect(idsIn(got)).toEqual(upTo(6));
  expect(got).toContain(': the event log cannot be read');
});

it('a bus that is away is told by health and readiness, and stops nothing', async () => {
  await begin();
  fakes.bus.isHealthy = false;
  const ready = await fetch(`${server.url}/readyz`);
  const body = (await ready.json()) as { parts: { name: string; degraded?: boolean }[] };
  expect([ready.status, body.parts.find(({ name }) => name === 'bus')?.degraded]).toEqual([200, true]);
  const health = (await (await fetch(`${server.url}/healthz`)).json()) as { bus: object };
  expect(health.bus).toEqual({ healthy: false, problem: 'the fake bus is away' });
});

it('drain spreads the clients that come back', async () => {
  await begin();
  const answers = await Promise.all([stream(), stream()]);
  api.drain();
  for (const answer of answers)
    expect(await answer.text()).toMatch(/retry: 1000\n\n(?:.|\n)*retry: [1-4]\d{3}\n\n$/);
});

it('answers 410, as a page and as a stream, when retention has deleted what is asked for', async () => {
  await append(1, 3);
  await finish();
  const last = (await fakes.runs.findRun('local', id))?.lastSeq ?? 0;
  vi.spyOn(fakes.log, 'read').mockImplementation((_, after) =>
    after < last ? Promise.reject(new PerdureError('events_expired', 'gone')) : Promise.resolve([]),
  );
  await begin();
  for (const accept of ['text/event-stream', 'application/json']) {
    const answer = await fetch(`${server.url}/v1/runs/${id}/events?after=0`, { headers: { accept } });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      410,
      'events_expired',
    ]);
  }
  expect((await stream(last)).status).toBe(204);
});
