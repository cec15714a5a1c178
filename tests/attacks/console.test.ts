/** The console's own addresses: framed, guessed at, cached, injected into, and left by their paths. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll } from 'vitest';
import { createApp } from '../../src/api/create-app.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';
import { ledgerOf } from './support/ledger.js';

const { attack, legitimate, atLeast } = ledgerOf('console');
const PAGE = '<!doctype html><title>perdure</title>';
const SECRET = 'canary-beside-the-console';
let folder: string;
let server: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-attack-'));
  const console = path.join(folder, 'console');
  await mkdir(path.join(console, 'assets', 'deeper'), { recursive: true });
  await writeFile(path.join(folder, 'secret.txt'), SECRET);
  await writeFile(path.join(console, 'index.html'), PAGE);
  await writeFile(path.join(console, 'secret.txt'), SECRET);
  await writeFile(path.join(console, 'assets', 'deeper', 'secret.js'), SECRET);
  await writeFile(path.join(console, 'assets', 'main-A.js'), 'let a;');
  await writeFile(path.join(console, 'assets', 'main-A.js.br'), brotliCompressSync('let a;'));
  server = await listen(createApp(dependenciesOf(createFakes(), { consoleFolder: console })).app);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const get = (address: string, init: RequestInit = {}): Promise<Response> =>
  fetch(server.url + address, { redirect: 'manual', ...init });
const PLACES = [
  '/console',
  '/console/',
  '/console/runs/x',
  '/console/assets/main-A.js',
  '/console/assets/none.js',
];

/** What a browser is told, of which each line is one way in. */
const rules: Record<string, [RegExp, (headers: Headers) => string | null]> = {
  'within a frame of another site': [/^DENY$/, (h) => h.get('x-frame-options')],
  'within a frame, by the newer rule': [
    /^frame-ancestors 'none'$/,
    (h) => /frame-ancestors [^;]*/.exec(h.get('content-security-policy') ?? '')?.[0] ?? null,
  ],
  'with its type guessed at': [/^nosniff$/, (h) => h.get('x-content-type-options')],
  'with everything from everywhere': [
    /^default-src 'none'$/,
    (h) => /default-src [^;]*/.exec(h.get('content-security-policy') ?? '')?.[0] ?? null,
  ],
  'with a script of its text': [
    /^(?:script-src 'self'|none named)$/,
    (h) => /script-src [^;]*/.exec(h.get('content-security-policy') ?? '')?.[0] ?? 'none named',
  ],
  'with code made of text, or scripts from elsewhere': [
    /^neither$/,
    (h) =>
      /unsafe|'nonce|strict-dynamic|https?:|\*/.test(h.get('content-security-policy') ?? '*')
        ? 'some'
        : 'neither',
  ],
  'telling where it was to others': [/^no-referrer$/, (h) => h.get('referrer-policy')],
  'read by a page of another site': [/^same-origin$/, (h) => h.get('cross-origin-resource-policy')],
  'by a list of origins that is open': [/^none$/, (h) => h.get('access-control-allow-origin') ?? 'none'],
  'with a cookie': [/^none$/, (h) => h.get('set-cookie') ?? 'none'],
  'telling what runs it': [/^nothing$/, (h) => h.get('x-powered-by') ?? h.get('server') ?? 'nothing'],
};
for (const place of PLACES)
  for (const [name, [expected, told]] of Object.entries(rules))
    attack(`${place} ${name}`, expected, async () =>
      String(told((await get(place, { headers: { origin: 'https://evil.example' } })).headers)),
    );

// A page that is remembered would name files that are gone; an answer of the API would be another's.
for (const place of ['/console', '/console/runs/x'])
  attack(`${place} remembered`, 'no-cache', async () =>
    String((await get(place)).headers.get('cache-control')),
  );
attack('a file that is not there, remembered', 'no-store', async () =>
  String((await get('/console/assets/none.js')).headers.get('cache-control')),
);
attack('one encoding taken for another', /accept-encoding/i, async () =>
  String(
    (await get('/console/assets/main-A.js', { headers: { 'accept-encoding': 'br' } })).headers.get('vary'),
  ),
);

const seen = async (address: string): Promise<string> => {
  const answer = await get(address);
  const text = await answer.text();
  return text.includes(SECRET) ? 'the secret' : text === PAGE ? 'the page' : String(answer.status);
};
for (const address of [
  '/console/assets/../secret.txt',
  '/console/assets/..%2fsecret.txt',
  '/console/assets/..%5csecret.txt',
  '/console/assets/%2e%2e%2fsecret.txt',
  '/console/assets/%252e%252e%252fsecret.txt',
  '/console/assets/..%2f..%2fsecret.txt',
  '/console/assets/deeper%2fsecret.js',
  '/console/assets/deeper/secret.js',
  '/console/assets/deeper',
  '/console/assets/main-A.js.br',
  '/console/assets/main-A.js%00.txt',
  '/console/assets/__proto__',
  '/console/assets/constructor',
  '/console/secret.txt',
  '/console/..%2fsecret.txt',
  '/console/%2e%2e/secret.txt',
  '//console/secret.txt',
  '/console//etc/passwd',
  '/console\\..\\secret.txt',
])
  attack(`a file by ${address}`, /^(?:the page|4\d\d)$/, () => seen(address));

const SCRIPT = '<script>alert(1)</script>';
attack('a script in the address', 'the page', () => seen(`/console/${encodeURIComponent(SCRIPT)}`));
attack('a script in the name of a file', 'not repeated as HTML', async () => {
  const answer = await get(`/console/assets/${encodeURIComponent(SCRIPT)}`);
  return answer.headers.get('content-type')?.startsWith('application/problem+json') === true
    ? 'not repeated as HTML'
    : 'repeated';
});
attack('an address that is no encoding', /^4\d\d$/, () => seen('/console/assets/%'));
for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
  attack(`${method} /console`, '405', async () => String((await get('/console', { method })).status));
attack('the console led to another host', /^(?:\/console|stays)$/, async () => {
  const answer = await get('//evil.example/%2f..', { headers: { accept: 'text/html' } });
  return answer.headers.get('location') ?? 'stays';
});

legitimate('the page', 'the page', () => seen('/console'));
legitimate('the page of a run', 'the page', () => seen('/console/runs/01a20ece-690c-7598-bf9a-20235bb31fd5'));
legitimate('a script of ours', 'text/javascript; charset=utf-8, let a;', async () => {
  const answer = await get('/console/assets/main-A.js');
  return `${answer.headers.get('content-type') ?? ''}, ${await answer.text()}`;
});
legitimate('HEAD', '200', async () => String((await get('/console', { method: 'HEAD' })).status));

atLeast(80, 4);
