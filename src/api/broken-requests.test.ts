/** What is no request at all still gets an answer that a program can read. */
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { problemSchema } from '../../contracts/answers.js';
import { answerBrokenRequests } from './broken-requests.js';
import { createApp } from './create-app.js';
import { createFakes, dependenciesOf } from './testing/fakes.js';

let server: ReturnType<typeof createServer>;
beforeEach(async () => {
  const fakes = createFakes();
  server = createServer({ connectionsCheckingInterval: 50, headersTimeout: 200 }, (req, res) => {
    if (req.url === '/slow') {
      res.writeHead(200, { 'content-length': '10' });
      res.write('half');
    } else createApp(dependenciesOf(fakes)).app(req, res);
  });
  answerBrokenRequests(server, fakes.logger);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** All that comes until the server closes. */
const answerTo = (...parts: string[]): Promise<string> =>
  new Promise((resolve) => {
    let got = '';
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
      const next = (): void => {
        const part = parts.shift();
        if (part === undefined) return;
        socket.write(part);
        setTimeout(next, 50);
      };
      next();
    });
    socket.on('data', (data) => (got += data.toString())).on('error', () => undefined);
    socket.on('close', () => {
      resolve(got);
    });
  });

test.each([
  ['no HTTP', 'rubbish\r\n\r\n', 400, 'malformed_http'],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    400,
    'malformed_http',
  ],
  [
    'large headers',
    `GET /?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  ['half of it', 'GET / HTTP/1.1\r\nHost: localh', 408, 'request_timeout'],
])('%s', async (_what, text, status, code) => {
  const [head = '', body = ''] = (await answerTo(text)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*application/problem\\+json`));
  const problem = problemSchema.parse(JSON.parse(body));
  expect(problem).toMatchObject({ status, code });
  expect(head).toContain(problem.requestId);
});

test('an answer under way is broken off rather than mixed up', async () => {
  const got = await answerTo('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n', 'rubbish\r\n\r\n');
  expect(got).toMatch(/^HTTP\/1.1 200 [\s\S]*half$/);
});

test('an expectation that nobody knows is passed over', async () => {
  const request = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nConnection: close\r\n\r\n';
  expect(await answerTo(request)).toMatch(/^HTTP\/1.1 200 /);
});
