/** Tests of `http_fetch` against real servers: answers, limits, statuses, time-outs. */
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonValue } from '../../contracts/plan.js';
import { createHttpFetch } from './http-fetch.js';
import { startServer, type TestServer } from './testing/http-server.js';
import { memoryFiles, toolContext } from './testing/tool-context.js';
import type { ToolContext } from './tool.js';

let server: TestServer;
let seen: IncomingHttpHeaders = {};

const routes: Record<string, RequestListener> = {
  '/json': (_, res) => res.setHeader('content-type', 'application/json; charset=utf-8').end('{"a":[1,2]}'),
  '/broken-json': (_, res) => res.setHeader('content-type', 'application/json').end('{"a":'),
  '/text': (_, res) => res.setHeader('set-cookie', 'a=b').setHeader('etag', '"1"').end('grüß'),
  '/latin1': (_, res) => res.setHeader('content-type', 'text/plain; charset=iso-8859-1').end(Buffer.of(0xe4)),
  '/binary': (_, res) => res.end(Buffer.of(0, 255, 1)),
  '/zip': (_, res) => res.setHeader('content-encoding', 'gzip').end(gzipSync('zipped')),
  '/zip-broken': (_, res) => res.setHeader('content-encoding', 'gzip').end('no gzip at all'),
  '/zip-unknown': (_, res) => res.setHeader('content-encoding', 'compress').end('x'),
  '/bomb': (_, res) => res.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(3_000_000))),
  '/chunks': (_, res) => {
    for (let i = 0; i < 20; i++) res.write('x'.repeat(100_000));
    res.end();
  },
  '/empty': (_, res) => res.writeHead(204).end(),
  '/missing': (_, res) => res.writeHead(404).end(`gone\u0007${'.'.repeat(500)}`),
  '/busy': (_, res) => res.writeHead(429, { 'retry-after': '7' }).end(),
  '/down': (_, res) =>
    res.writeHead(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end('later'),
  '/silent': () => undefined,
  '/slow': (_, res) => res.write('a'),
  '/cut-chunks': (_, res) => {
    res.writeHead(200).write('abc', () => res.destroy());
  },
  '/cut': (_, res) => {
    res.writeHead(200, { 'content-length': '10' }).write('abc', () => res.destroy());
  },
};

beforeAll(async () => {
  server = await startServer((req, res) => {
    seen = req.headers;
    const route = routes[(req.url ?? '').split('?')[0] ?? ''];
    if (route === undefined) res.writeHead(400).end();
    else route(req, res);
  });
});
afterAll(() => server.close());

async function fetched(
  path: string,
  args: object = {},
  context: ToolContext = toolContext(),
): Promise<JsonValue> {
  const tool = createHttpFetch({ httpAllow: [server.host] });
  const result = await tool.execute(tool.args.parse({ url: server.url + path, ...args }), context);
  if (!('output' in result)) throw new Error('deferred');
  return result.output;
}

test.each([
  ['/json', { bytes: 11, encoding: 'json', body: { a: [1, 2] } }],
  ['/broken-json', { encoding: 'text', body: '{"a":' }],
  ['/text', { bytes: 6, encoding: 'text', body: 'grüß' }],
  ['/latin1', { bytes: 1, encoding: 'text', body: 'ä' }],
  ['/binary', { bytes: 3, encoding: 'base64', body: 'AP8B' }],
  ['/zip', { bytes: 6, encoding: 'text', body: 'zipped' }],
  ['/empty', { status: 204, bytes: 0 }],
])('reads %s', async (path, expected) => {
  expect(await fetched(path)).toMatchObject(expected);
});

test('gives status, address and headers, cookies left out', async () => {
  const output = await fetched('/text?q=1');
  expect(output).toMatchObject({ status: 200, url: `${server.url}/text?q=1`, headers: { etag: '"1"' } });
  expect(JSON.stringify(output)).not.toContain('set-cookie');
});

test('HEAD has headers and no body', async () => {
  const output = await fetched('/zip', { method: 'HEAD' });
  expect(output).toMatchObject({ status: 200, bytes: 0, headers: { 'content-encoding': 'gzip' } });
  expect(output).not.toHaveProperty('body');
});

test('sends the headers it is given', async () => {
  await fetched('/text', { headers: { 'X-Key': 'k', Accept: 'text/csv' } });
  expect(seen).toMatchObject({ 'x-key': 'k', accept: 'text/csv', 'user-agent': 'perdure' });
});

test('saves into a file, decompressed', async () => {
  const files = memoryFiles();
  const output = await fetched('/zip', { saveAs: 'a/b.txt' }, { ...toolContext(), files });
  expect(output).toMatchObject({ path: 'a/b.txt', bytes: 6 });
  expect(output).not.toHaveProperty('body');
  expect((await files.read('a/b.txt', 100)).toString()).toBe('zipped');
});

test.each([
  ['announced', '/text', { maxBytes: 5 }],
  ['streamed', '/chunks', {}],
  ['zipped', '/bomb', {}],
  ['saved', '/chunks', { saveAs: 'big', maxBytes: 1_000 }],
])('refuses a body that is too large: %s', async (_, path, args) => {
  const files = memoryFiles();
  await expect(fetched(path, args, { ...toolContext(), files })).rejects.toMatchObject({
    code: 'tool_limit_exceeded',
    message: expect.stringContaining('maxBytes') as unknown,
  });
  expect(await files.list()).toEqual([]);
});

test('other statuses fail, with the beginning of the body and without the query', async () => {
  await expect(fetched('/missing?key=secret')).rejects.toMatchObject({
    code: 'tool_failed',
    message: `HTTP 404 from ${server.url}/missing: gone ${'.'.repeat(195)}`,
  });
});

test('busy and broken servers are tried again, when they say', async () => {
  await expect(fetched('/busy')).rejects.toMatchObject({ code: 'tool_unavailable', retryAfterSeconds: 7 });
  const error: unknown = await fetched('/down').catch((e: unknown) => e);
  expect(error).toMatchObject({
    code: 'tool_unavailable',
    message: `HTTP 503 from ${server.url}/down: later`,
  });
  expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(50);
});

test('what is no HTTP fails: the same server would say it again', async () => {
  const rubbish = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (request) => {
      const head = request.includes('/status') ? 'HTTP/9.x OK' : 'HTTP/1.1 200 OK\r\nbad header\u0001: x';
      socket.end(`${head}\r\n\r\n`);
    });
  });
  await new Promise<void>((resolve) => rubbish.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(rubbish.address() as AddressInfo).port}`;
  const tool = createHttpFetch({ httpAllow: [host] });
  try {
    for (const path of ['/status', '/header'])
      await expect(
        tool.execute(tool.args.parse({ url: `http://${host}${path}` }), toolContext()),
      ).rejects.toMatchObject({
        code: 'tool_failed',
        message: expect.stringMatching(/: the answer is no valid HTTP: \w/) as string,
      });
  } finally {
    rubbish.close();
  }
});

test('broken compression fails, broken connections are tried again', async () => {
  await expect(fetched('/zip-broken')).rejects.toMatchObject({ code: 'tool_failed' });
  await expect(fetched('/zip-unknown')).rejects.toMatchObject({ code: 'tool_failed' });
  await expect(fetched('/cut-chunks')).rejects.toMatchObject({ code: 'tool_unavailable' });
  await expect(fetched('/cut')).rejects.toMatchObject({ code: 'tool_unavailable' });
  await expect(fetched('/cut', { saveAs: 'x' })).rejects.toMatchObject({ code: 'tool_unavailable' });
});

test('a server that nobody runs, and a name that nobody has, are tried again', async () => {
  const gone = await startServer(() => undefined);
  await gone.close();
  const tool = createHttpFetch({
    httpAllow: [gone.host],
    resolve: () => Promise.reject(Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' })),
  });
  for (const url of [gone.url, 'http://nobody.example/'])
    await expect(tool.execute(tool.args.parse({ url }), toolContext())).rejects.toMatchObject({
      code: 'tool_unavailable',
    });
});

test.each(['/silent', '/slow'])('%s runs into the time-out', async (path) => {
  const started = Date.now();
  await expect(fetched(path, { timeoutSeconds: 1 })).rejects.toMatchObject({ code: 'tool_timeout' });
  expect(Date.now() - started).toBeLessThan(5_000);
});

test.each([
  ['/silent', {}],
  ['/slow', {}],
  ['/slow', { saveAs: 'x' }],
])('an abort ends %s %j with its reason', async (path, args) => {
  const controller = new AbortController();
  const reason = new Error('cancelled');
  setTimeout(() => {
    controller.abort(reason);
  }, 100);
  await expect(fetched(path, args, { ...toolContext(), signal: controller.signal })).rejects.toBe(reason);
});

test('an abort does not wait for DNS', async () => {
  const tool = createHttpFetch({ httpAllow: [], resolve: () => new Promise(() => undefined) });
  const args = tool.args.parse({ url: 'http://example.com/', timeoutSeconds: 1 });
  await expect(tool.execute(args, toolContext())).rejects.toMatchObject({ code: 'tool_timeout' });
});

test.each([
  ['another method', { method: 'POST' }],
  ['a relative URL', { url: '/x' }],
  ['another protocol', { url: 'ftp://example.com/x' }],
  ['credentials in the URL', { url: 'http://a:b@example.com' }],
  ['a reserved header', { headers: { Host: 'a' } }],
  ['a split header', { headers: { a: 'b\r\nc: d' } }],
  ['too large an inline body', { maxBytes: 5_000_001 }],
  ['a file of HEAD', { method: 'HEAD', saveAs: 'x' }],
  ['a path outside', { saveAs: '../x' }],
])('refuses %s', (_, args) => {
  const tool = createHttpFetch({ httpAllow: [] });
  expect(tool.args.safeParse({ url: 'http://example.com/', ...args }).success).toBe(false);
});
