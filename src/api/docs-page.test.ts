/** What people read of the API: whole without any outside address. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from './create-app.js';
import { createFakes, dependenciesOf } from './testing/fakes.js';
import { listen } from './testing/listen.js';

let server: Awaited<ReturnType<typeof listen>>;
beforeEach(async () => {
  server = await listen(createApp(dependenciesOf(createFakes())).app);
});
afterEach(() => server.close());

test('/docs loads only from this server, and all that it names is there', async () => {
  const page = await fetch(`${server.url}/docs`);
  const html = await page.text();
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/);
  const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
  expect(named.length).toBeGreaterThan(4);
  for (const address of named) {
    expect(address).toMatch(/^\/(?!\/)/);
    const answer = await fetch(server.url + address);
    expect([address, answer.status]).toEqual([address, 200]);
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100);
  }
});

test('/docs has no other methods, and nothing below it but its own', async () => {
  expect((await fetch(`${server.url}/docs`, { method: 'POST' })).status).toBe(405);
  for (const path of ['index.html', '..%2fpackage.json', 'package.json'])
    expect((await fetch(`${server.url}/docs/${path}`)).status, path).toBe(404);
});

test('/openapi.json says which release answers', async () => {
  const answer = await fetch(`${server.url}/openapi.json`);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await answer.json()).toMatchObject({ openapi: '3.1.0', info: { version: '0.1.0' } });
});
