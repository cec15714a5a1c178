/** The HTTP server itself: smuggled requests, poisoned prototypes, floods of depth, width and slowness. */
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll } from 'vitest';
import { answerBrokenRequests } from '../../src/api/broken-requests.js';
import { createApp } from '../../src/api/create-app.js';
import { createFakes, dependenciesOf, type Fakes } from '../../src/api/testing/fakes.js';
import { ledgerOf } from './support/ledger.js';

const { attack, legitimate, atLeast } = ledgerOf('http');
let server: Server;
/** The same with less patience than Node's minutes. */
let hasty: Server;
let fakes: Fakes;
let url = '';
beforeAll(async () => {
  fakes = createFakes();
  const { app } = createApp(dependenciesOf(fakes));
  server = createServer(app);
  hasty = createServer({ connectionsCheckingInterval: 50, headersTimeout: 400, requestTimeout: 900 }, app);
  for (const each of [server, hasty]) {
    answerBrokenRequests(each, fakes.logger);
    await new Promise<void>((ready) => each.listen(0, '127.0.0.1', ready));
  }
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  for (const each of [server, hasty]) {
    each.closeAllConnections();
    each.close();
  }
});

/** All that comes until the server closes, or for so long. */
const send = (text: string | string[], waitMs = 1_500, to = server): Promise<string> =>
  new Promise((resolve) => {
    let got = '';
    const parts = Array.isArray(text) ? [...text] : [text];
    const socket = connect((to.address() as AddressInfo).port, '127.0.0.1', () => {
      const next = (): void => {
        const part = parts.shift();
        if (part === undefined || socket.destroyed) return;
        socket.write(part, 'latin1');
        setTimeout(next, 40);
      };
      next();
    });
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (data) => (got += data.toString('latin1'))).on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(got);
    });
  });
/** How many answers came, and their statuses. */
const statuses = (got: string): string =>
  [...got.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status).join(' ') || 'none';
const HOST = 'Host: 127.0.0.1\r\n';
const SMUGGLED = `GET /v1/runs HTTP/1.1\r\n${HOST}\r\n`;
const post = (headers: string, body: string): string =>
  `POST /v1/runs HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n${headers}\r\n${body}`;

/** One answer, that refuses; a second would be the smuggled one's. */
const smuggling: Record<string, string> = {
  'CL.TE': post(
    `Content-Length: ${SMUGGLED.length + 5}\r\nTransfer-Encoding: chunked\r\n`,
    `0\r\n\r\n${SMUGGLED}`,
  ),
  'TE.CL': post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `5c\r\n${SMUGGLED}\r\n0\r\n\r\n`),
  'TE.TE, one of them unknown': post(
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n',
    `0\r\n\r\n${SMUGGLED}`,
  ),
  'chunked with a blank before the colon': post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'chunked after a tab': post('Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${SMUGGLED}`),
  xchunked: post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'chunked twice': post(
    'Transfer-Encoding: chunked, chunked\r\nContent-Length: 3\r\n',
    `0\r\n\r\n${SMUGGLED}`,
  ),
  'identity and chunked': post(
    'Transfer-Encoding: identity, chunked\r\nContent-Length: 3\r\n',
    `0\r\n\r\n${SMUGGLED}`,
  ),
  'two lengths': post('Content-Length: 2\r\nContent-Length: 40\r\n', `{}${SMUGGLED}`),
  'a list of lengths': post('Content-Length: 2, 40\r\n', `{}${SMUGGLED}`),
  'a length with a plus': post('Content-Length: +2\r\n', `{}${SMUGGLED}`),
  'a negative length': post('Content-Length: -1\r\n', SMUGGLED),
  'a length in hex': post('Content-Length: 0x2\r\n', `{}${SMUGGLED}`),
  'a folded header': post(
    'X: a\r\n Content-Length: 0\r\nTransfer-Encoding:\r\n chunked\r\n',
    `0\r\n\r\n${SMUGGLED}`,
  ),
  'lines that end with LF alone': `POST /v1/runs HTTP/1.1\n${HOST.replace('\r', '')}Content-Length: 0\nTransfer-Encoding: chunked\n\n0\n\n${SMUGGLED}`,
  'a CR alone': `GET / HTTP/1.1\r\n${HOST}X: a\rContent-Length: 5\r\n\r\n${SMUGGLED}`,
  'a chunk’s size that is none': post('Transfer-Encoding: chunked\r\n', `zz\r\n${SMUGGLED}`),
  'a chunk’s size too large': post('Transfer-Encoding: chunked\r\n', `ffffffffffffffffff\r\n${SMUGGLED}`),
  'a chunk’s size with an underscore': post('Transfer-Encoding: chunked\r\n', `1_0\r\n${SMUGGLED}`),
  'chunked, unknown to those that fold case': post(
    'Transfer-Encoding: chun\x6bed\x0b\r\n',
    `0\r\n\r\n${SMUGGLED}`,
  ),
  'chunked in quotes': post('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${SMUGGLED}`),
  'a chunk’s size that ends with LF alone': post('Transfer-Encoding: chunked\r\n', `2\n{}\n0\n\n${SMUGGLED}`),
  'an extension of a chunk with a line of its own': post(
    'Transfer-Encoding: chunked\r\n',
    `2;a=\nxx\r\n{}\r\n0\r\n\r\n${SMUGGLED}`,
  ),
  'a chunk that is longer than it says': post(
    'Transfer-Encoding: chunked\r\n',
    `2\r\n{}GET\r\n0\r\n\r\n${SMUGGLED}`,
  ),
  'two lengths, the same and in one': post('Content-Length: 2\r\nContent-length: 3\r\n', `{} ${SMUGGLED}`),
  'extensions of a chunk of 100 KB': post(
    'Transfer-Encoding: chunked\r\n',
    `2;${'a'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`,
  ),
  'what comes after a request that is none': `GET / HTTP/9.9\r\n\r\n${SMUGGLED}`,
  'two hosts': `GET / HTTP/1.1\r\n${HOST}Host: evil.example\r\n\r\n`,
  'another host': `GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
  'no host': 'GET / HTTP/1.1\r\n\r\n',
  'HTTP/0.9': 'GET /v1/runs\r\n',
  'HTTP/2 in the clear': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  CONNECT: 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n',
  TRACE: `TRACE /v1/runs HTTP/1.1\r\n${HOST}\r\n`,
  'an address of another server': `GET http://evil.example/v1/runs HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
  'NUL in a header': `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`,
  'a header without name': `GET / HTTP/1.1\r\n${HOST}: x\r\n\r\n`,
};
for (const [name, text] of Object.entries(smuggling))
  attack(`smuggling: ${name}`, /^(?:4\d\d|none)$/, async () => statuses(await send(text)));

const submit = async (body: string, headers: Record<string, string> = {}): Promise<string> => {
  const answer = await fetch(`${url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  await answer.text();
  const polluted =
    ({} as Record<string, unknown>).polluted !== undefined ||
    ([] as unknown as Record<string, unknown>).polluted !== undefined;
  return `${answer.status}${polluted ? ', and the prototype is poisoned' : ''}`;
};
const run = (more: string): string =>
  `{"goal":"g","plan":{"steps":[{"id":"a","tool":"echo","args":{}}]},${more}}`;
const poisons: Record<string, string> = {
  'at the top': run('"__proto__":{"polluted":1}'),
  'in metadata': run('"metadata":{"__proto__":"x"}'),
  'in arguments':
    '{"goal":"g","plan":{"steps":[{"id":"a","tool":"echo","args":{"__proto__":{"polluted":1}}}]}}',
  'in inputs': run('"inputs":{"data":{"a":[{"__proto__":{"polluted":1}}]}}'),
  'with an escape': run('"inputs":{"data":{"__pro\\u0074o__":{"polluted":1}}}'),
  'as a field of the request': run('"constructor":{"prototype":{"polluted":1}}'),
  'as the id of a step': '{"goal":"g","plan":{"steps":[{"id":"__proto__","tool":"echo","args":{}}]}}',
  'as the tool': '{"goal":"g","plan":{"steps":[{"id":"a","tool":"__proto__","args":{}}]}}',
  'as the tool constructor': '{"goal":"g","plan":{"steps":[{"id":"a","tool":"constructor","args":{}}]}}',
  'as the agent': run('"agent":"__proto__"'),
};
for (const [name, body] of Object.entries(poisons))
  attack(`a prototype ${name}`, /^422$/, () => submit(body));
attack('a reference to a prototype', '422', () =>
  submit(
    '{"goal":"g","plan":{"steps":[{"id":"a","tool":"echo","args":{"x":"{{inputs.data.__proto__.polluted}}"}}]},"inputs":{"data":{}}}',
  ),
);
for (const query of [
  '__proto__[polluted]=1',
  'constructor.prototype.polluted=1',
  'status[$ne]=x',
  'status[]=a&status[]=b',
  'limit=1&limit=2',
  'metadata.__proto__=x',
])
  attack(`the query ${query}`, /^(?:422|200)$/, async () => {
    const answer = await fetch(`${url}/v1/runs?${query}`);
    await answer.text();
    return `${answer.status}${({} as Record<string, unknown>).polluted === undefined ? '' : ', and poisoned'}`;
  });

const deep = (levels: number): string => run(`"inputs":{"data":${'['.repeat(levels)}${']'.repeat(levels)}}`);
attack('lists in lists, 100 levels', '422', () => submit(deep(101)));
attack('lists in lists, 100,000 levels', /^4(?:00|22)$/, () => submit(deep(100_000)));
attack('objects in objects', /^4(?:00|22)$/, () =>
  submit(run(`"inputs":{"data":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`)),
);
attack('a body of 20 MB', '413', () => submit(run(`"metadata":{"a":"${'x'.repeat(20_000_000)}"}`)));
attack('a body that says it has 10 GB', /^413$/, async () =>
  statuses(await send(post('Content-Length: 10000000000\r\n', '{'))),
);
attack('a body of chunks without end', /^(?:413|408)$/, async () => {
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  return statuses(
    await send(
      [post('Transfer-Encoding: chunked\r\n', chunk), ...Array.from({ length: 60 }, () => chunk.repeat(8))],
      8_000,
    ),
  );
});
attack('a compressed body that grows a thousandfold', /^4(?:13|15)$/, async () => {
  const answer = await fetch(`${url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(50_000_000, 32)),
  });
  return String(answer.status);
});
attack('a thousand fields', '422', () =>
  submit(run(`"metadata":{${Array.from({ length: 1_000 }, (_, i) => `"k${i}":"v"`).join()}}`)),
);
attack('ten thousand and one steps', '422', () =>
  submit(
    JSON.stringify({
      goal: 'g',
      plan: { steps: Array.from({ length: 10_001 }, (_, i) => ({ id: `s${i}`, tool: 'echo' })) },
    }),
  ),
);
attack('a number beyond all numbers', /^4(?:00|22)$/, () => submit(run('"budget":{"maxSteps":1e999}')));
attack('UTF-16', /^4(?:00|15|22)$/, () =>
  submit(run('"metadata":{}'), { 'content-type': 'application/json; charset=utf-16' }),
);
attack('a form', '415', () => submit('goal=g', { 'content-type': 'application/x-www-form-urlencoded' }));
attack('a form that looks like JSON (CSRF)', '415', () =>
  submit(run('"metadata":{}'), { 'content-type': 'text/plain' }),
);
attack('another site’s page', '403', () => submit(run('"metadata":{}'), { origin: 'https://evil.example' }));
attack('a page without an origin of its own', '403', () => submit(run('"metadata":{}'), { origin: 'null' }));
attack('an address of 20 KB', '431', async () =>
  statuses(await send(`GET /?${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`)),
);
attack('a header of 20 KB', '431', async () =>
  statuses(await send(`GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(20_000)}\r\n\r\n`)),
);
attack('three thousand headers', /^(?:431|400|200)$/, async () =>
  statuses(
    await send(
      `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n${Array.from({ length: 3_000 }, (_, i) => `x${i}: 1\r\n`).join('')}\r\n`,
    ),
  ),
);
attack('headers that come a sign at a time (slow loris)', '408', async () =>
  statuses(
    await send(
      [`GET / HTTP/1.1\r\n${HOST}`, ...Array.from({ length: 60 }, (_, i) => `x${i}: 1\r\n`)],
      5_000,
      hasty,
    ),
  ),
);
attack('a body that comes a sign at a time', '408', async () =>
  statuses(
    await send(
      [post('Content-Length: 200\r\n', '{'), ...Array.from({ length: 100 }, () => ' ')],
      6_000,
      hasty,
    ),
  ),
);
attack('a line that never ends', '408', async () => statuses(await send('GET /', 3_000, hasty)));

const headersOf = async (path: string): Promise<Headers> => (await fetch(url + path)).headers;
attack('what an answer tells of the server', 'nothing', async () => {
  const headers = await headersOf('/v1/nothing');
  return headers.get('x-powered-by') ?? headers.get('server') ?? 'nothing';
});
attack('an error of the inside', 'without its words', async () => {
  fakes.engine.down = new Error('canary: password=hunter2 at /srv/perdure/src');
  try {
    const answer = await fetch(`${url}/v1/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: run('"metadata":{}'),
    });
    const text = await answer.text();
    return /canary|hunter2|\/srv\/| at /.test(text) ? text : 'without its words';
  } finally {
    fakes.engine.down = null;
  }
});
for (const path of ['/', '/docs', '/v1/runs', '/v1/nothing'])
  attack(`${path} within a frame, or guessed at`, 'nosniff, no frame', async () => {
    const headers = await headersOf(path);
    const framed =
      headers.get('x-frame-options') === 'DENY' ||
      headers.get('content-security-policy')?.includes("frame-ancestors 'none'");
    return `${headers.get('x-content-type-options') ?? 'sniffed'}, ${framed === true ? 'no frame' : 'framed'}`;
  });

for (const [name, body] of Object.entries({
  'a run': run('"metadata":{"team":"blue"}'),
  'a run with inputs': run('"inputs":{"data":{"deep":[[[[1]]]],"constructor":"x","prototype":1}}'),
  'a run with signs of every script': run('"metadata":{"ü":"日本語 \\u0000"}'),
  'a run 90 levels deep': deep(90),
}))
  legitimate(name, '202', () => submit(body));
legitimate('two requests, one after the other over one connection', '200 200', async () =>
  statuses(
    await send(
      `GET /healthz HTTP/1.1\r\n${HOST}\r\nGET /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    ),
  ),
);
legitimate('a body in chunks', '202', async () => {
  const body = run('"metadata":{}');
  return statuses(
    await send(
      post(
        'Transfer-Encoding: chunked\r\nConnection: close\r\n',
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      ),
    ),
  );
});
legitimate('many headers', '200', async () =>
  statuses(
    await send(
      `GET /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n${Array.from({ length: 80 }, (_, i) => `x${i}: 1\r\n`).join('')}\r\n`,
    ),
  ),
);
legitimate('a slow client, within its time', '200', async () =>
  statuses(await send([`GET /healthz HTTP/1.1\r\n`, HOST, 'Connection: close\r\n', '\r\n'])),
);

atLeast(65, 8);
