/** Tests of `http_fetch` and redirects: where they may lead and what goes along. */
import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHttpFetch } from './http-fetch.js';
import { startServer, type TestServer } from './testing/http-server.js';
import { toolContext } from './testing/tool-context.js';
import type { ToolResult } from './tool.js';

let front: TestServer;
let other: TestServer;
let hidden: TestServer;
let seen: IncomingHttpHeaders[] = [];
let hiddenCalls = 0;

beforeAll(async () => {
  other = await startServer((req, res) => {
    seen.push(req.headers);
    if (req.url === '/back') res.writeHead(302, { location: `${front.url}/end` }).end();
    else res.end('other');
  });
  hidden = await startServer((_, res) => {
    hiddenCalls++;
    res.end('secret');
  });
  front = await startServer((req, res) => {
    seen.push(req.headers);
    const hop = /^\/hop\/(\d+)$/.exec(req.url ?? '')?.[1];
    const targets: Record<string, string> = {
      '/relative': 'end',
      '/other': `${other.url}/`,
      '/there-and-back': `${other.url}/back`,
      '/hidden': `${hidden.url}/`,
      '/metadata': 'http://169.254.169.254/latest/meta-data/',
      '/ftp': 'ftp://example.com/',
      '/user': `http://a:b@${front.host}/end`,
      '/bad': 'http://[',
    };
    const location = hop !== undefined && hop !== '0' ? `/hop/${Number(hop) - 1}` : targets[req.url ?? ''];
    if (req.url === '/nowhere') res.writeHead(302).end();
    else if (location === undefined) res.end('end');
    else res.writeHead(302, { location }).end('moved');
  });
});
afterAll(() => Promise.all([front, other, hidden].map((s) => s.close())));

function fetched(path: string, headers: Record<string, string> = {}): Promise<ToolResult> {
  seen = [];
  const tool = createHttpFetch({ httpAllow: [front.host, other.host] });
  return tool.execute(tool.args.parse({ url: front.url + path, headers }), toolContext());
}

test('follows relative redirects and says where it ended', async () => {
  expect(await fetched('/relative')).toMatchObject({ output: { url: `${front.url}/end`, body: 'end' } });
});

test('follows five redirects and not six', async () => {
  expect(await fetched('/hop/5')).toMatchObject({ output: { body: 'end' } });
  await expect(fetched('/hop/6')).rejects.toMatchObject({ code: 'tool_failed' });
});

const secrets = { Authorization: 'Bearer s', cookie: 's=1', 'Proxy-Authorization': 's', 'x-api-key': 's' };

test('keeps its headers on the same origin', async () => {
  await fetched('/relative', secrets);
  expect(seen[1]).toMatchObject({ authorization: 'Bearer s', cookie: 's=1', 'x-api-key': 's' });
});

test('drops secrets on another origin, also when it leads back', async () => {
  await fetched('/there-and-back', { ...secrets, accept: 'text/csv' });
  expect(seen).toHaveLength(3);
  for (const headers of seen.slice(1)) {
    expect(headers).toMatchObject({ accept: 'text/csv' });
    for (const name of Object.keys(secrets)) expect(headers).not.toHaveProperty(name.toLowerCase());
  }
});

test.each(['/hidden', '/metadata', '/ftp', '/user'])('refuses to be led from %s', async (path) => {
  await expect(fetched(path)).rejects.toMatchObject({ code: 'address_not_allowed' });
  expect(hiddenCalls).toBe(0);
});

test.each(['/nowhere', '/bad'])('fails on %s, which leads to no address', async (path) => {
  await expect(fetched(path)).rejects.toMatchObject({ code: 'tool_failed' });
});

test('calls the address that was checked, whatever DNS says next', async () => {
  const port = new URL(front.url).port;
  let lookups = 0;
  const tool = createHttpFetch({
    httpAllow: [`pinned.example:${port}`],
    resolve: () => Promise.resolve([{ address: ++lookups === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]),
  });
  const args = tool.args.parse({ url: `http://pinned.example:${port}/end` });
  expect(await tool.execute(args, toolContext())).toMatchObject({ output: { body: 'end' } });
  expect(lookups).toBe(1);
});
