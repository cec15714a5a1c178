/** The client against a server that does what servers and networks do. */
import net from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClient, PerdureApiError, PerdureConnectionError, type Client } from './client.js';
import type { FollowOptions, Reconnect } from './follow-run.js';
import {
  json,
  startScriptedServer,
  stream,
  type Answer,
  type ScriptedServer,
} from './testing/scripted-server.js';

const runId = '01a20eca-d14f-72ca-9ad6-7b45cd32c878';
const at = '2026-11-25T00:00:00.000Z';
const frame = (seq: number, type = 'run.started'): string =>
  `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ type, seq, runId, at })}\n\n`;
const frames = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => frame(from + i)).join('');
const END = 'run.completed';

let server: ScriptedServer;
let client: Client;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());
beforeEach(() => {
  client = createClient({ baseUrl: server.url, token: 'secret' });
});

/** Delivered `seq`s, or types of what has none. */
async function follow(options: FollowOptions = {}, of = client): Promise<(number | string)[]> {
  const seen: (number | string)[] = [];
  for await (const event of of.events(runId, { reconnectMs: 1, ...options }))
    seen.push('seq' in event ? event.seq : event.type);
  return seen;
}
const lastEventIds = (): (string | string[] | undefined)[] =>
  server.requests.map(({ headers }) => headers['last-event-id']);

describe('events', () => {
  test('a stream that breaks, ends early, or repeats itself is taken up after the last event', async () => {
    const cutInTheMiddle = frames(1, 2) + frame(3).slice(0, 60);
    server.script(
      stream(cutInTheMiddle, 'break'),
      stream(': drained\n\n'),
      stream(frames(1, 3) + 'event: log\ndata: {"type":"log"}\n\n' + frame(4), 'break'),
      stream(frame(5, END)),
    );
    expect(await follow()).toEqual([1, 2, 3, 'log', 4, 5]);
    expect(lastEventIds()).toEqual(['0', '2', '2', '4']);
    expect(server.requests[0]).toMatchObject({
      path: `/v1/runs/${runId}/events`,
      headers: { accept: 'text/event-stream', authorization: 'Bearer secret' },
    });
  });

  test('of what follows a gap nothing is delivered before the gap is filled', async () => {
    server.script(stream(frame(1) + frame(3), 'silence'), stream(frames(2, 3) + frame(4, END)));
    const breaks: Reconnect[] = [];
    expect(await follow({ onReconnect: (attempt) => breaks.push(attempt) })).toEqual([1, 2, 3, 4]);
    expect(breaks).toMatchObject([{ after: 1, error: { name: 'PerdureConnectionError' } }]);
    expect(breaks[0]?.error?.message).toContain('what is between is missing');
  });

  test('begins where it is told, and ends at once when nothing follows', async () => {
    server.script(stream(frame(8, END)), (_req, res) => res.writeHead(204).end());
    expect(await follow({ after: 7 })).toEqual([8]);
    expect(await follow({ after: 8 })).toEqual([]);
    expect(lastEventIds()).toEqual(['7', '8']);
  });

  test('a connection that falls silent counts as dead', async () => {
    server.script(stream(frame(1), 'silence'), stream(frame(2, END)));
    expect(await follow({ silenceMs: 100 })).toEqual([1, 2]);
  });

  test('heartbeats keep a quiet connection alive', async () => {
    server.script((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write(frame(1));
      let beats = 0;
      const timer = setInterval(() => {
        beats += 1;
        res.write(beats < 40 ? ': hb\n\n' : frame(2, END));
        if (beats < 40) return;
        clearInterval(timer);
        res.end();
      }, 50);
    });
    expect(await follow({ silenceMs: 1_500 })).toEqual([1, 2]);
    expect(server.requests).toHaveLength(1);
  });

  test('waits as long as the server says, by retry and by Retry-After, and longer with each failure', async () => {
    const breaks: Reconnect[] = [];
    server.script(
      stream(`retry: 20\n\n${frame(1)}`, 'break'),
      stream('', 'break'),
      stream('', 'break'),
      json(503, { code: 'shutting_down' }, { 'retry-after': '1' }),
      stream(frame(2, END)),
    );
    await follow({ reconnectMs: undefined, onReconnect: (attempt) => breaks.push(attempt) });
    const delays = breaks.map(({ delayMs }) => delayMs);
    expect(delays).toHaveLength(4);
    for (const delay of delays) expect(delay).toBeGreaterThanOrEqual(20);
    expect(delays[0]).toBeLessThanOrEqual(25);
    expect(delays[2]).toBeLessThanOrEqual(80);
    expect(delays[3]).toBeGreaterThanOrEqual(1_000);
  });

  test('what trying again does not change is thrown', async () => {
    const gone = { code: 'events_expired', detail: 'gone', status: 410 };
    server.script(stream(frame(1), 'break'), json(410, gone));
    const error = await follow().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PerdureApiError);
    expect(error).toMatchObject({ status: 410, code: 'events_expired', message: 'gone', problem: gone });
  });

  test('an open stream waits for a server that is away; a first one says that it is', async () => {
    const port = await freePort();
    const away = createClient({ baseUrl: `http://127.0.0.1:${port}/`, retries: 1 });
    await expect(follow({}, away)).rejects.toThrow(
      `http://127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
    let calls = 0;
    const flaky = createClient({
      baseUrl: server.url,
      fetch: (...args) => {
        calls += 1;
        return calls > 1 && calls < 8 ? Promise.reject(new TypeError('fetch failed')) : fetch(...args);
      },
    });
    server.script(stream(frame(1), 'break'), stream(frame(2, END)));
    expect(await follow({}, flaky)).toEqual([1, 2]);
    expect(calls).toBe(8);
  });

  test('a page of something else is no stream', async () => {
    server.script((_req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
    await expect(follow()).rejects.toThrow(/is it perdure/);
  });

  test('the signal ends it at every stage, with its reason', async () => {
    const reason = new Error('enough');
    await expect(follow({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const last of ['silence', 'break'] as const) {
      const controller = new AbortController();
      server.script(stream(frame(1), last));
      const abort = (): void => {
        controller.abort(reason);
      };
      const following = follow({
        signal: controller.signal,
        reconnectMs: 60_000,
        onReconnect: abort,
        // Once the answer is there, so that the next of the script is not for this request.
        onResponse: () => last === 'silence' && setTimeout(abort, 100),
      });
      await expect(following).rejects.toBe(reason);
    }
  });

  test('whoever stops reading lets the connection go', async () => {
    const closed = new Promise<void>((resolve) => {
      server.script((req, res) => {
        stream(frames(1, 3), 'silence')(req, res);
        res.once('close', resolve);
      });
    });
    for await (const event of client.events(runId)) if ('seq' in event && event.seq === 2) break;
    await closed;
  });

  test('leaving while the next event is waited for lets the connection go at once', async () => {
    const closed = new Promise<void>((resolve) => {
      server.script((req, res) => {
        stream(frame(1), 'silence')(req, res);
        res.once('close', resolve);
      });
    });
    const events = client.events(runId);
    expect(await events.next()).toMatchObject({ done: false, value: { seq: 1 } });
    const next = events.next();
    expect(await events.return()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    await closed;
  });

  test('leaving while the next connection is waited for ends the waiting', async () => {
    server.script(stream(frame(1), 'break'));
    let pauses = (): void => undefined;
    const pausing = new Promise<void>((resolve) => {
      pauses = resolve;
    });
    const events = client.events(runId, {
      reconnectMs: 60_000,
      onReconnect: () => {
        pauses();
      },
    });
    await events.next();
    const next = events.next();
    await pausing;
    await events.return();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('whoever aborts is given nothing more, not even what has come already', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    server.script(stream(frames(1, 5), 'silence'));
    const seen: number[] = [];
    const reading = (async () => {
      for await (const event of client.events(runId, { signal: controller.signal })) {
        if ('seq' in event) seen.push(event.seq);
        if (seen.length === 2) controller.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    expect(seen).toEqual([1, 2]);
  });

  test('a token that is a function is asked for each connection', async () => {
    let asked = 0;
    const renewing = createClient({ baseUrl: server.url, token: () => Promise.resolve(`t${(asked += 1)}`) });
    server.script(stream(frame(1), 'break'), stream(frame(2, END)));
    await follow({}, renewing);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
  });
});

describe('calls', () => {
  test('wait follows to the end, and answers with the run as it ended', async () => {
    server.script(
      json(200, { id: runId, status: 'running', lastSeq: 4 }),
      stream(frame(5), 'break'),
      stream(frame(6, END)),
      json(200, { id: runId, status: 'failed', lastSeq: 6 }),
    );
    expect(await client.wait(runId, { reconnectMs: 1 })).toMatchObject({ status: 'failed' });
    expect(lastEventIds()).toEqual([undefined, '4', '5', undefined]);
  });

  test('wait outlives a server that is away when the run has just ended', async () => {
    const busy = json(503, { code: 'shutting_down', detail: 'later' });
    const ended = json(200, { id: runId, status: 'completed', lastSeq: 5 });
    server.script(
      json(200, { id: runId, status: 'running', lastSeq: 4 }),
      stream(frame(5, END)),
      busy,
      busy,
      ended,
    );
    const hasty = createClient({ baseUrl: server.url, retries: 0 });
    expect(await hasty.wait(runId, { reconnectMs: 1 })).toMatchObject({ status: 'completed' });
  });

  test('a list is its first page, or the runs of all pages', async () => {
    const pages = [
      json(200, { runs: [{ id: 'a' }, { id: 'b' }], nextCursor: 'n' }),
      json(200, { runs: [{ id: 'c' }], nextCursor: null }),
    ];
    server.script(...pages);
    const ids: string[] = [];
    for await (const run of client.list({ status: 'failed', limit: 2, metadata: { team: 'blue & red' } }))
      ids.push(run.id);
    expect(ids).toEqual(['a', 'b', 'c']);
    const query = 'status=failed&limit=2';
    expect(server.requests.map(({ path }) => path)).toEqual([
      `/v1/runs?${query}&metadata%5Bteam%5D=blue+%26+red`,
      `/v1/runs?${query}&cursor=n&metadata%5Bteam%5D=blue+%26+red`,
    ]);
    server.script(...pages);
    expect((await client.list()).nextCursor).toBe('n');
    expect(server.requests).toHaveLength(1);
  });

  test('only what may be repeated is repeated', async () => {
    const busy = json(503, { code: 'temporal_unavailable', detail: 'later' });
    const run = { goal: 'g' };
    server.script(busy, busy);
    await expect(client.submit(run)).rejects.toMatchObject({ status: 503, code: 'temporal_unavailable' });
    expect(server.requests).toHaveLength(1);
    server.script(busy, json(202, { id: runId }));
    expect(await client.submit(run, { idempotencyKey: 'k' })).toEqual({ id: runId });
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['k', 'k']);
    expect(server.requests.map(({ body }) => body)).toEqual(['{"goal":"g"}', '{"goal":"g"}']);
    server.script(busy, busy, busy);
    await expect(client.get(runId)).rejects.toThrow('later');
    expect(server.requests).toHaveLength(3);
    server.script(json(429, { code: 'rate_limited' }, { 'retry-after': '3600' }));
    await expect(client.get(runId)).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 3600 });
    server.script(json(404, { code: 'run_not_found' }));
    await expect(client.get(runId)).rejects.toMatchObject({ code: 'run_not_found' });
  });

  test('get can wait, longer than calls may take, and a batch answers for each of its runs', async () => {
    const slow = createClient({ baseUrl: server.url, timeoutMs: 100, retries: 0 });
    server.script((req, res) =>
      setTimeout(() => {
        json(200, { id: runId })(req, res);
      }, 300),
    );
    expect(await slow.get(runId, { waitSeconds: 1 })).toEqual({ id: runId });
    expect(server.requests[0]?.path).toBe(`/v1/runs/${runId}?wait=1`);
    const results = [{ status: 202 }, { status: 422 }];
    server.script(json(503, {}), json(200, { results }));
    const keyed = [
      { goal: 'a', idempotencyKey: '1' },
      { goal: 'b', idempotencyKey: '2' },
    ];
    expect(await client.submitBatch(keyed)).toEqual({ results });
    expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual({ runs: keyed });
    server.script(json(503, {}));
    await expect(client.submitBatch([...keyed, { goal: 'c' }])).rejects.toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(1);
    server.script(json(200, { runs: [], nextCursor: null }));
    await client.list({ status: ['queued', 'running'] });
    expect(server.requests[0]?.path).toBe('/v1/runs?status=queued%2Crunning');
  });

  test('readiness is an answer also where it is 503', async () => {
    server.script(json(503, { ready: false, parts: [] }));
    expect(await client.readiness()).toMatchObject({ ready: false });
    expect(server.requests.map(({ path }) => path)).toEqual(['/readyz']);
  });

  test('files go by their encoded paths, as they are', async () => {
    server.script(json(201, { path: 'a b/ü#1.txt' }), (_req, res) => res.writeHead(304).end());
    await client.files.put(runId, 'a b/ü#1.txt', new Blob(['hi']), { ifNew: true });
    const answer = await client.files.get(runId, 'x', { headers: { 'if-none-match': '"t"' } });
    expect(answer.status).toBe(304);
    expect(server.requests[0]).toMatchObject({
      method: 'PUT',
      path: `/v1/runs/${runId}/files/a%20b/%C3%BC%231.txt`,
      headers: { 'if-none-match': '*' },
      body: 'hi',
    });
    server.script(json(200, { path: 'x' }));
    await client.files.put(runId, 'x', new Blob(['streamed']).stream(), { ifMatch: 'tag' });
    expect(server.requests[0]).toMatchObject({ headers: { 'if-match': '"tag"' }, body: 'streamed' });
  });

  test('no path and no id leads to another call than the one that is meant', async () => {
    server.script();
    for (const path of ['..', '../../../api-keys/k', 'a/../b', './a', 'a/.', ''])
      await expect(client.files.delete(runId, path)).rejects.toMatchObject({ code: 'invalid_path' });
    for (const id of ['.', '..', '', 'a/../..'])
      await expect(client.get(id)).rejects.toMatchObject({ status: 404, code: 'not_found' });
    expect(server.requests).toEqual([]);
  });

  test('a token that no header can carry is not shown', async () => {
    const error: unknown = await createClient({ baseUrl: server.url, token: 'a\ncanary' })
      .get(runId)
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/^(?!.*canary).*no header can carry/);
  });

  test('an answer that never begins, and one that is aborted, are told apart', async () => {
    const never = (): void => undefined;
    const hasty = createClient({ baseUrl: server.url, timeoutMs: 50, retries: 0 });
    server.script(never, never);
    const late = await hasty.get(runId).catch((thrown: unknown) => thrown);
    expect(late).toBeInstanceOf(PerdureConnectionError);
    expect(late).toMatchObject({
      address: server.url,
      message: `${server.url} has not answered within 0.05 s`,
    });
    const signal = AbortSignal.timeout(20);
    await expect(client.get(runId, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('an answer that breaks off in the middle is asked for again', async () => {
    const half: Answer = (_req, res) => {
      res.writeHead(200, { 'content-length': '100' }).write('{"id":', () => res.destroy());
    };
    server.script(half, json(200, { id: runId }));
    expect(await client.get(runId)).toEqual({ id: runId });
    server.script(half);
    await expect(createClient({ baseUrl: server.url, retries: 0 }).get(runId)).rejects.toMatchObject({
      name: 'PerdureConnectionError',
      message: expect.stringContaining('broke off its answer') as string,
    });
    server.script((_req, res) => res.writeHead(200).end('<html>'));
    const page = createClient({ baseUrl: server.url, retries: 0 }).get(runId);
    await expect(page).rejects.toThrow('did not answer with JSON');
  });

  test('an error of a proxy has a status, and no code', async () => {
    server.script((_req, res) => res.writeHead(413, { 'content-type': 'text/html' }).end('<h1>413</h1>'));
    await expect(client.get(runId)).rejects.toMatchObject({
      status: 413,
      code: undefined,
      message: 'the server answered 413',
    });
    server.script((_req, res) => res.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>'));
    await expect(client.get(runId)).rejects.toThrow('the server answered 404: is it perdure?');
  });

  test('a base address may have a path', async () => {
    server.script(json(200, { tools: [] }));
    let warning: string | null = null;
    await createClient({ baseUrl: `${server.url}/perdure/` }).tools({
      onResponse: ({ headers }) => {
        warning = headers.get('content-type');
      },
    });
    expect(server.requests[0]?.path).toBe('/perdure/v1/tools');
    expect(warning).toBe('application/json');
  });
});

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
