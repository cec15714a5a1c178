/** Who may have payloads opened: whoever has the token, from the pages that are listed. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFakes } from '../testing/fakes.js';
import { createCodecApp } from './codec-app.js';
import { createCodecSignIn } from './codec-sign-in.js';

const TOKEN = 'a-token-of-the-tests';
const UI = 'https://temporal.example.com';
const opened = { metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'Im9wZW4i' };
let server: http.Server;
let url: string;
beforeAll(async () => {
  const app = createCodecApp({
    token: TOKEN,
    origins: [UI],
    decode: (payloads) => Promise.resolve(payloads.map(() => opened)),
    encode: (payloads) => Promise.resolve(payloads),
    logger: createFakes().logger,
  });
  server = http.createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const decode = (headers: Record<string, string>, body: unknown = { payloads: [{ data: 'eA==' }] }) =>
  fetch(`${url}/decode`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const bearer = { authorization: `Bearer ${TOKEN}` };
const cookieOf = (setCookie: string): string => setCookie.split(';', 1)[0] ?? '';

test('the token opens payloads; the cookie that a browser is given for it does, too', async () => {
  const answer = await decode({ ...bearer, origin: UI, 'x-namespace': 'default' });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBe(UI);
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  expect(await answer.json()).toEqual({ payloads: [opened] });

  const form = await fetch(url);
  expect(form.headers.get('content-security-policy')).toBe(
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
  );
  const signedIn = await fetch(`${url}/sign-in`, {
    method: 'POST',
    body: new URLSearchParams({ token: TOKEN }),
  });
  expect(signedIn.status).toBe(200);
  const setCookie = signedIn.headers.get('set-cookie') ?? '';
  expect(setCookie).toMatch(/; HttpOnly; Secure; SameSite=None$/);
  expect(setCookie).not.toContain(TOKEN);
  expect((await decode({ cookie: `other=1; ${cookieOf(setCookie)}`, origin: UI })).status).toBe(200);
});

const until = (seconds: number): string => String(Math.floor(Date.now() / 1_000) + seconds);
const [, proof = ''] = cookieOf(createCodecSignIn(TOKEN).newCookie()).split('.');
test.each([
  ['nothing', {}],
  ['another token', { authorization: 'Bearer another-token-of-tests' }],
  ['an empty token', { authorization: 'Bearer ' }],
  ['the token as Basic', { authorization: `Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}` }],
  ['a cookie that is made up', { cookie: `perdure_codec=${until(900)}.${'A'.repeat(43)}` }],
  ['a cookie that was made to last longer', { cookie: `perdure_codec=${until(99_999)}.${proof}` }],
  ['a cookie of another server', { cookie: cookieOf(createCodecSignIn('another-token-12').newCookie()) }],
  [
    'an expired cookie',
    { cookie: cookieOf(createCodecSignIn(TOKEN, () => Date.now() - 9 * 3_600_000).newCookie()) },
  ],
])('%s opens nothing', async (_, headers) => {
  const answer = await decode(headers);
  expect(answer.status).toBe(401);
  expect(await answer.text()).not.toContain('Im9wZW4i');
});

test('other sites’ pages get nothing, even signed in', async () => {
  for (const origin of [
    'https://evil.example',
    `${UI}.evil.example`,
    'null',
    'http://temporal.example.com',
  ]) {
    const answer = await decode({ ...bearer, origin });
    expect([origin, answer.status]).toEqual([origin, 403]);
    expect(answer.headers.get('access-control-allow-origin')).not.toBe(origin);
  }
});

test.each([
  ['no list', { payloads: {} }, 422],
  ['no payload', { payloads: ['x'] }, 422],
  ['metadata that is no text', { payloads: [{ metadata: { a: {} } }] }, 422],
  ['too many', { payloads: Array.from({ length: 5_001 }, () => ({})) }, 422],
  ['no JSON', '{', 400],
  ['a prototype', '{"payloads":[{"__proto__":{"a":1}}]}', 422],
])('%s is refused', async (_, body, status) => {
  expect((await decode(bearer, body)).status).toBe(status);
});
