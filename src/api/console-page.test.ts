/** How the web console is served: the page, its files, and what browsers are told about both. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from './create-app.js';
import { createFakes, dependenciesOf } from './testing/fakes.js';
import { listen } from './testing/listen.js';

const script = 'console.log("the console");';
let folder: string;
let server: Awaited<ReturnType<typeof listen>>;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-console-'));
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), '<title>perdure</title>');
  await writeFile(path.join(folder, 'assets/main-ABC.js'), script);
  await writeFile(path.join(folder, 'assets/main-ABC.js.br'), brotliCompressSync(script));
  await writeFile(path.join(folder, 'assets/main-ABC.js.gz'), gzipSync(script));
  server = await listen(createApp({ ...dependenciesOf(createFakes()), consoleFolder: folder }).app);
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});
const get = (address: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(server.url + address, { headers, redirect: 'manual' });

test('the page comes for every address of it, and runs nothing that is not a file of ours', async () => {
  for (const address of ['/console', '/console/', '/console/runs/some-id?tab=events']) {
    const page = await get(address);
    expect([page.status, await page.text()]).toEqual([200, '<title>perdure</title>']);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
  }
});

test('files are kept for ever by their names, in the encoding that is liked best', async () => {
  for (const [accepted, encoding] of [
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', null],
  ] as const) {
    const file = await get('/console/assets/main-ABC.js', { 'accept-encoding': accepted });
    expect([accepted, file.headers.get('content-encoding')]).toEqual([accepted, encoding]);
    expect(await file.text()).toBe(script);
    expect(file.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(file.headers.get('vary')).toContain('Accept-Encoding');
  }
});

test('nothing else lies beside them', async () => {
  for (const name of ['main-ABC.js.br', 'other.js', '..%2findex.html', '%2e%2e%2findex.html', ''])
    expect([name, (await get(`/console/assets/${name}`)).headers.get('cache-control')]).not.toEqual([
      name,
      'public, max-age=31536000, immutable',
    ]);
  expect((await get('/console/assets/gone.js')).status).toBe(404);
  expect((await fetch(`${server.url}/console`, { method: 'POST' })).status).toBe(405);
});

test('/ leads browsers to it, and programs to the index', async () => {
  const browser = await get('/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
  expect([browser.status, browser.headers.get('location')]).toEqual([302, '/console']);
  for (const accept of ['*/*', 'application/json']) {
    const index = await get('/', { accept });
    expect(index.status).toBe(200);
    expect(await index.json()).toMatchObject({ links: { console: '/console' } });
  }
});

test('where none was built there is none', async () => {
  const bare = await listen(createApp(dependenciesOf(createFakes())).app);
  expect((await fetch(`${bare.url}/console`)).status).toBe(404);
  expect((await fetch(bare.url, { headers: { accept: 'text/html' } })).status).toBe(200);
  await bare.close();
});
