/** Who gets in, who does not, and what they are told: over a real socket, with a real issuer of tokens. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SignJWT, UnsecuredJWT } from 'jose';
import { createApp } from '../create-app.js';
import { checkedFetch as fetch } from '../testing/checked-fetch.js';
import { createFakeApiKeys, type FakeApiKeys } from '../testing/fake-api-keys.js';
import { createFakes, dependenciesOf, type Fakes } from '../testing/fakes.js';
import { listen } from '../testing/listen.js';
import { startTestIssuer, type TestIssuer } from '../testing/test-issuer.js';
import { createApiKey } from './create-api-key.js';
import { createSignIn, type SignInOptions } from './sign-in.js';

const SECRET = 'a-legacy-secret-of-more-than-32-characters';

let issuer: TestIssuer;
let fakes: Fakes;
let apiKeys: FakeApiKeys;
const closers: (() => Promise<void>)[] = [];
beforeEach(async () => {
  issuer = await startTestIssuer();
  fakes = createFakes();
  apiKeys = createFakeApiKeys();
  closers.push(() => issuer.close());
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(more: Partial<SignInOptions> = {}, corsOrigins: string[] = []) {
  const signIn = createSignIn({
    required: true,
    tokens: { jwksUrl: issuer.jwksUrl, secret: null, issuer: issuer.issuer, audience: 'authenticated' },
    apiKeys,
    ticketSecret: SECRET,
    logger: fakes.logger,
    signingKeys: { cooldownMs: 0 },
    apiKeyCheck: { freshMs: 0 },
    ...more,
  });
  const streams = { pollMs: 20, safetyPollMs: 20, recheckMs: 20 };
  const server = await listen(
    createApp(dependenciesOf(fakes, { signIn, apiKeys, streams, corsOrigins })).app,
  );
  closers.unshift(() => server.close());
  const call = (path: string, token?: string, init: RequestInit = {}) =>
    fetch(server.url + path, {
      ...init,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(init.headers as Record<string, string> | undefined),
      },
    });
  const ask = async (token?: string) => {
    const answer = await call('/v1/runs', token);
    const { code, detail } = (await answer.json()) as { code?: string; detail?: string };
    return { status: answer.status, code, detail, challenge: answer.headers.get('www-authenticate') };
  };
  const submit = (token?: string) =>
    call('/v1/runs', token, {
      method: 'POST',
      body: JSON.stringify({ goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo' }] } }),
    });
  return { url: server.url, call, ask, submit };
}

const json = async (answer: Response) => (await answer.json()) as Record<string, string>;
const keyOf = (scope: 'read' | 'write' | 'admin', tenantId = 'acme', expiresAt: string | null = null) =>
  createApiKey(apiKeys, { name: 'k', tenantId, scope, createdBy: 'user:1', expiresAt });

test('lets tokens of every accepted algorithm in, for the tenant of their app_metadata or else of their own', async () => {
  const { submit, ask } = await serve();
  for (const alg of ['RS256', 'ES256', 'EdDSA'] as const) {
    await issuer.rotate(alg);
    expect((await ask(await issuer.token())).status).toBe(200);
  }
  const user_metadata = { tenant_id: 'forged', perdure_scope: 'admin' };
  await submit(await issuer.token({ user_metadata }));
  await submit(await issuer.token({ user_metadata, app_metadata: { tenant_id: 'acme' } }));
  expect(fakes.engine.starts.map(({ run }) => run.tenantId)).toEqual(['user-1', 'acme']);
});

test('refuses every other token and says what is wrong with it, not what stands in it', async () => {
  const { ask } = await serve();
  const now = Math.floor(Date.now() / 1_000);
  await issuer.rotate('RS256');
  const good = await issuer.token();
  const publicPem = new TextEncoder().encode(await issuer.publicKey());
  const claims = { iss: issuer.issuer, aud: 'authenticated', role: 'authenticated', sub: 'x', exp: now + 99 };
  const confused = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'key-2' }).sign(publicPem);
  const cases: [string, RegExp][] = [
    [await issuer.token({ exp: now - 60 }), /expired/],
    [await issuer.token({ exp: undefined }), /no time/],
    [await issuer.token({ sub: undefined }), /names nobody/],
    [await issuer.token({ nbf: now + 600 }), /not valid yet/],
    [await issuer.token({ aud: 'somebody-else' }), /audience/],
    [await issuer.token({ iss: 'https://canary.example' }), /issuer/],
    [await issuer.token({ role: 'anon' }), /role/],
    [await issuer.token({ role: undefined }), /role/],
    [await issuer.token({ role: 'service_role' }), /service_role key/],
    [await issuer.token({ app_metadata: { perdure_scope: 'root' } }), /perdure_scope/],
    [await issuer.token({ app_metadata: { tenant_id: 7 } }), /tenant_id/],
    [await issuer.token({ app_metadata: { tenant_id: '' } }), /tenant_id/],
    [await issuer.token({ app_metadata: { tenant_id: 'x'.repeat(81) } }), /tenant_id/],
    [await issuer.token({ sub: 'a\u0000b' }), /sub/],
    [await issuer.token({}, { kid: 'canary' }), /kid/],
    [await confused, /algorithm/],
    [new UnsecuredJWT(claims).encode(), /algorithm|neither/],
    [`${good.slice(0, -8)}AAAAAAAA`, /signature/],
    [good.replace(/\.[^.]+\./, '.e30.'), /signature/],
    ['rubbish', /neither a token/],
    ['a.b.c', /neither a token/],
    ['pdk_rubbish', /mistyped/],
    [`pdk_${'0'.repeat(12)}_${'0'.repeat(70)}`, /mistyped/],
  ];
  for (const [token, why] of cases) {
    const { status, code, detail, challenge } = await ask(token);
    expect([status, code], detail).toEqual([401, 'unauthenticated']);
    expect(detail).toMatch(why);
    expect(challenge).toMatch(/^Bearer realm="perdure", error="invalid_token", error_description="[^"\\]+"$/);
    expect(`${detail}${challenge}`).not.toMatch(/canary/);
  }
  // No error code where nothing was sent (RFC 6750, 3.1).
  expect(await ask()).toMatchObject({ status: 401, challenge: 'Bearer realm="perdure"' });
});

test('takes the legacy shared secret only where it is set', async () => {
  const now = Math.floor(Date.now() / 1_000);
  const token = await new SignJWT({ role: 'authenticated' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('old')
    .setIssuer(issuer.issuer)
    .setAudience('authenticated')
    .setExpirationTime(now + 60)
    .sign(new TextEncoder().encode(SECRET));
  expect((await (await serve()).ask(token)).status).toBe(401);
  const tokens = { jwksUrl: null, secret: SECRET, issuer: issuer.issuer, audience: 'authenticated' };
  const legacy = await serve({ tokens });
  expect((await legacy.ask(token)).status).toBe(200);
  expect((await legacy.ask(await issuer.token())).detail).toMatch(/algorithm/);
});

test('asks for the keys once, again for an unknown one, and goes on with those it has while they cannot be had', async () => {
  const patient = await serve({ signingKeys: { cooldownMs: 60_000 } });
  const first = await issuer.token();
  await Promise.all(Array.from({ length: 20 }, () => patient.ask(first)));
  const eager = await serve();
  expect((await eager.ask(first)).status).toBe(200);
  expect(issuer.asked).toBe(2);
  await issuer.rotate('ES256');
  const second = await issuer.token();
  expect((await eager.ask(second)).status).toBe(200);
  // Whoever makes keys up cannot make the server ask for each.
  for (let i = 0; i < 20; i += 1) expect((await patient.ask(second)).status).toBe(401);
  expect(issuer.asked).toBe(3);

  issuer.down = true;
  expect((await eager.ask(second)).status).toBe(200);
  expect(await (await serve()).ask(second)).toMatchObject({ status: 503, code: 'sign_in_unavailable' });
  issuer.down = false;
  expect((await eager.ask(second)).status).toBe(200);
});

test('a key counts no longer once the issuer has withdrawn it', async () => {
  const { ask } = await serve({ signingKeys: { freshMs: 0 } });
  const token = await issuer.token();
  expect((await ask(token)).status).toBe(200);
  issuer.withdraw();
  expect((await ask(token)).detail).toMatch(/kid/);
});

test('a broken issuer is asked only now and then', async () => {
  const { ask } = await serve({ signingKeys: { freshMs: 0, cooldownMs: 60_000 } });
  issuer.down = true;
  const token = await issuer.token();
  for (let i = 0; i < 20; i += 1) expect((await ask(token)).status).toBe(503);
  expect(issuer.asked).toBe(1);
});

test('API keys are shown once, scoped, listed without what is secret, and revoked', async () => {
  const { call, submit } = await serve({ apiKeyCheck: { freshMs: 10_000 } });
  const admin = await issuer.token({ app_metadata: { tenant_id: 'acme', perdure_scope: 'admin' } });
  const post = (body: object, token = admin) =>
    call('/v1/api-keys', token, { method: 'POST', body: JSON.stringify(body) });
  const made = await json(await post({ name: 'ci', scope: 'write' }));
  const token = made.token ?? '';
  expect(token).toMatch(/^pdk_[0-9a-f]{12}_[0-9a-f]{70}$/);
  expect((await submit(token)).status).toBe(202);
  expect(fakes.engine.starts[0]?.run.tenantId).toBe('acme');
  const list = await (await call('/v1/api-keys', admin)).text();
  expect(list).toContain(made.id);
  expect(list).not.toContain(token);
  expect((await post({ name: 'x' }, token)).status).toBe(403);
  expect((await post({ name: 'x', expiresAt: '2001-01-01T00:00:00Z' })).status).toBe(422);
  const revoke = (whose: string, id = made.id) => call(`/v1/api-keys/${id}`, whose, { method: 'DELETE' });
  const other = await issuer.token({ app_metadata: { tenant_id: 'other', perdure_scope: 'admin' } });
  expect((await revoke(other)).status).toBe(404);
  expect((await revoke(admin, 'rubbish')).status).toBe(404);
  expect((await revoke(admin)).status).toBe(204);
  expect((await submit(token)).status).toBe(401);
});

test('a known API key goes on for a while without the database, an unknown one does not', async () => {
  const { ask } = await serve();
  const [known, unknown] = [await keyOf('read'), await keyOf('read')];
  expect((await ask(known.token)).status).toBe(200);
  apiKeys.down = true;
  expect((await ask(known.token)).status).toBe(200);
  expect(await ask(unknown.token)).toMatchObject({ status: 503, code: 'store_unavailable' });
});

test('an API key is looked up once in a while, and never after it has expired', async () => {
  let now = Date.now();
  const { ask } = await serve({ apiKeyCheck: { freshMs: 10_000, now: () => now } });
  const { token } = await keyOf('read', 'acme', new Date(now + 5_000).toISOString());
  for (let i = 0; i < 5; i += 1) expect((await ask(token)).status).toBe(200);
  expect(apiKeys.finds).toBe(1);
  now += 6_000;
  expect((await ask(token)).status).toBe(401);
});

test('a call needs its scope, and says which', async () => {
  const { ask, submit } = await serve();
  const { token } = await keyOf('read');
  expect((await ask(token)).status).toBe(200);
  const refused = await submit(token);
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    403,
    'Bearer realm="perdure", error="insufficient_scope", scope="write", ' +
      'error_description="this call needs the scope write, and the caller has read"',
  ]);
});

test('where nobody need sign in, a bad token is refused all the same', async () => {
  const { ask } = await serve({ required: false, tokens: null });
  expect((await ask()).status).toBe(200);
  expect((await ask(await issuer.token())).status).toBe(401);
});

test('public addresses answer whatever is sent, and others before a body is read', async () => {
  const { call } = await serve();
  for (const path of ['/', '/healthz']) expect((await call(path, 'rubbish')).status).toBe(200);
  const refused = await call('/v1/runs', undefined, { method: 'POST', body: 'x'.repeat(1_000_000) });
  expect(refused.status).toBe(401);
});

test('a ticket opens the stream of one run and nothing else', async () => {
  const { call, submit, url } = await serve();
  const token = await issuer.token();
  const [run, other] = [await json(await submit(token)), await json(await submit(token))];
  const made = await call(`/v1/runs/${run.id}/stream-tickets`, token, { method: 'POST' });
  const ticket = await json(made);
  expect(made.status).toBe(201);
  const closer = new AbortController();
  // The secret is shared, so another process lets it in too.
  const { url: twin } = await serve();
  for (const server of [url, twin]) {
    const stream = await fetch(server + (ticket.url ?? ''), { signal: closer.signal });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
  }
  closer.abort();
  const query = `?ticket=${ticket.ticket}`;
  expect((await fetch(`${url}/v1/runs/${other.id}/events${query}`)).status).toBe(401);
  expect((await fetch(`${url}/v1/runs/${run.id}${query}`)).status).toBe(401);
  expect((await fetch(`${url}/v1/runs/${run.id}/events?ticket=${token}`)).status).toBe(401);
  expect((await call('/v1/runs', ticket.ticket)).status).toBe(401);
  const none = await serve({ ticketSecret: null });
  const refused = await none.call(`/v1/runs/${run.id}/stream-tickets`, token, { method: 'POST' });
  expect(refused.status).toBe(501);
});

test('a stream ends soon after its API key was revoked, one opened by a ticket too', async () => {
  const { call, submit, url } = await serve();
  const { token, key } = await keyOf('write');
  const run = await json(await submit(token));
  const ticket = await json(await call(`/v1/runs/${run.id}/stream-tickets`, token, { method: 'POST' }));
  const streams = [await call(`/v1/runs/${run.id}/events`, token), await fetch(url + (ticket.url ?? ''))];
  expect(streams.map(({ status }) => status)).toEqual([200, 200]);
  await apiKeys.revoke('acme', key.id);
  for (const stream of streams) await expect(stream.text()).rejects.toThrow();
});

test('no token, key or ticket stands in the log, which says who called', async () => {
  const { call, submit, url } = await serve();
  const { token } = await keyOf('admin', 'acme');
  const jwt = await issuer.token();
  const run = await json(await submit(token));
  const { ticket } = await json(await call(`/v1/runs/${run.id}/stream-tickets`, token, { method: 'POST' }));
  const made = await json(
    await call('/v1/api-keys', token, { method: 'POST', body: JSON.stringify({ name: 'n' }) }),
  );
  await call('/v1/runs', jwt);
  await call('/v1/runs', `${jwt}x`);
  await call('/v1/runs?access_token=canary', `${token}0`);
  await (await fetch(`${url}/v1/runs/${run.id}?ticket=${ticket}`)).text();
  const log = JSON.stringify(fakes.logger.lines, (_, value: unknown) =>
    value instanceof Error ? [value.message, String(value.cause), value.stack] : value,
  );
  for (const secret of [token, jwt, ticket, made.token, 'canary', SECRET]) expect(log).not.toContain(secret);
  expect(log).toContain('"tenantId":"acme","subject":"key:');
});

test('only the pages of listed sites may call from a browser', async () => {
  const { call } = await serve({}, ['https://app.example.com']);
  const preflight = (origin: string) =>
    call('/v1/runs', undefined, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key',
      },
    });
  const listed = await preflight('https://app.example.com');
  expect(listed.status).toBe(204);
  expect(listed.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
  expect(listed.headers.get('access-control-allow-headers')).toMatch(/Authorization/);
  for (const origin of ['https://evil.example', 'https://app.example.com.evil', 'null']) {
    const other = await preflight(origin);
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  }
  const refused = await call('/v1/runs', 'rubbish', { headers: { origin: 'https://app.example.com' } });
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
    401,
    'https://app.example.com',
  ]);
  expect(refused.headers.get('access-control-expose-headers')).toMatch(/Idempotent-Replayed.*RateLimit/);
});
