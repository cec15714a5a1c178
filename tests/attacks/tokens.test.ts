/** Tokens, keys and tickets that somebody has made up, changed, stolen the form of, or kept for too long. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll } from 'vitest';
import { createApp } from '../../src/api/create-app.js';
import { createApiKey } from '../../src/api/sign-in/create-api-key.js';
import { createSignIn } from '../../src/api/sign-in/sign-in.js';
import { createFakeApiKeys } from '../../src/api/testing/fake-api-keys.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';
import { startTestIssuer, type TestIssuer } from '../../src/api/testing/test-issuer.js';
import { ledgerOf } from './support/ledger.js';

const { attack, legitimate, atLeast } = ledgerOf('tokens');
const TICKETS = 'what-tickets-are-signed-with-in-this-test';
const LEGACY = 'a-legacy-secret-of-more-than-32-characters';

let issuer: TestIssuer;
let server: Awaited<ReturnType<typeof listen>>;
let rogue: Server;
let rogueHits = 0;
let rogueKey: CryptoKey;
let rogueUrl = '';
let runId = '';
const apiKeys = createFakeApiKeys();
const now = (): number => Math.floor(Date.now() / 1_000);
beforeAll(async () => {
  issuer = await startTestIssuer();
  await issuer.rotate('RS256');
  const pair = await generateKeyPair('RS256', { extractable: true });
  rogueKey = pair.privateKey;
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'key-2', alg: 'RS256', use: 'sig' };
  rogue = createServer((_req, res) => {
    rogueHits += 1;
    res.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((ready) => rogue.listen(0, '127.0.0.1', ready));
  rogueUrl = `http://127.0.0.1:${(rogue.address() as AddressInfo).port}/jwks.json`;
  const fakes = createFakes();
  const signIn = createSignIn({
    required: true,
    tokens: { jwksUrl: issuer.jwksUrl, secret: null, issuer: issuer.issuer, audience: 'authenticated' },
    apiKeys,
    ticketSecret: TICKETS,
    logger: fakes.logger,
    signingKeys: { cooldownMs: 0 },
    apiKeyCheck: { freshMs: 0 },
  });
  server = await listen(createApp(dependenciesOf(fakes, { signIn, apiKeys })).app);
  const made = await fetch(`${server.url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await issuer.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo' }] } }),
  });
  ({ id: runId } = (await made.json()) as { id: string });
});
afterAll(async () => {
  await server.close();
  await issuer.close();
  rogue.closeAllConnections();
  rogue.close();
});

const ask = async (authorization: string | undefined, path = '/v1/runs'): Promise<string> => {
  const answer = await fetch(
    server.url + path,
    authorization === undefined ? {} : { headers: { authorization } },
  );
  const text = await answer.text();
  return `${answer.status} ${(JSON.parse(text) as { code?: string }).code ?? 'let in'}`;
};
const REFUSED = '401 unauthenticated';
const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const claims = () => ({
  ...{ iss: issuer.issuer, aud: 'authenticated', role: 'authenticated', sub: 'user-1' },
  ...{ iat: now(), exp: now() + 600 },
});
const unsigned = (header: object, body: object = claims(), signature = ''): string =>
  `${part(header)}.${part(body)}.${signature}`;
const hmac = (header: object, key: string | Buffer): string => {
  const text = `${part(header)}.${part(claims())}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
};
const token = (name: string, make: () => Promise<string> | string): void => {
  attack(name, REFUSED, async () => ask(`Bearer ${await make()}`));
};

// Without a signature.
for (const alg of ['none', 'None', 'NONE', 'nOnE', '', 'null'])
  token(`alg ${JSON.stringify(alg)}`, () => unsigned({ alg, kid: 'key-2' }));
token('no alg at all', () => unsigned({ kid: 'key-2' }));
token('alg none with the signature of a good token', async () =>
  unsigned({ alg: 'none' }, claims(), (await issuer.token()).split('.')[2]),
);
// A public key taken for a shared secret (CVE-2016-10555), and other confusions.
token('HS256 with the public key as PEM', async () =>
  hmac({ alg: 'HS256', kid: 'key-2' }, await issuer.publicKey()),
);
token('HS256 with the public key without its last line break', async () =>
  hmac({ alg: 'HS256', kid: 'key-2' }, (await issuer.publicKey()).trim()),
);
token('HS256 with an empty key', () => hmac({ alg: 'HS256', kid: 'key-2' }, ''));
token('HS256 with a secret of the server that is not for tokens', () => hmac({ alg: 'HS256' }, TICKETS));
token('HS256 with the legacy secret, which is not accepted here', () => hmac({ alg: 'HS256' }, LEGACY));
token('PS256 where the key is for RS256', async () =>
  new SignJWT(claims())
    .setProtectedHeader({ alg: 'PS256', kid: 'key-2' })
    .sign((await generateKeyPair('PS256')).privateKey),
);
token('the key of ES256 with the algorithm of another curve', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const text = `${part({ alg: 'ES384', kid: 'key-1' })}.${part(claims())}`;
  return `${text}.${sign('sha384', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
});
token('an ECDSA signature of zeros (CVE-2022-21449)', () =>
  unsigned({ alg: 'ES256', kid: 'key-1' }, claims(), part('\0'.repeat(64))),
);
// Keys of the attacker's own.
const rogueToken = (header: object, body: object = claims()) =>
  new SignJWT(body as Record<string, unknown>).setProtectedHeader({ alg: 'RS256', ...header }).sign(rogueKey);
token('signed by somebody else, with our kid', () => rogueToken({ kid: 'key-2' }));
token('a kid that nobody has', () => rogueToken({ kid: 'nobody' }));
token('no kid', () => rogueToken({}));
for (const kid of [
  '../../../../dev/null',
  "' or '1'='1",
  '/etc/passwd',
  '__proto__',
  'constructor',
  'key-2\0',
  'https://evil.example/jwk',
])
  token(`kid ${JSON.stringify(kid)}`, () => rogueToken({ kid }));
attack('a jku of the attacker’s own', `${REFUSED}, not asked`, async () => {
  const seen = await ask(`Bearer ${await rogueToken({ kid: 'key-2', jku: rogueUrl })}`);
  return `${seen}, ${rogueHits === 0 ? 'not asked' : 'asked'}`;
});
attack('an x5u of the attacker’s own', `${REFUSED}, not asked`, async () => {
  const seen = await ask(`Bearer ${await rogueToken({ kid: 'key-2', x5u: rogueUrl })}`);
  return `${seen}, ${rogueHits === 0 ? 'not asked' : 'asked'}`;
});
token('a jwk in the header', async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  return new SignJWT(claims())
    .setProtectedHeader({ alg: 'RS256', kid: 'key-2', jwk: await exportJWK(pair.publicKey) })
    .sign(pair.privateKey);
});
token('a crit that nobody understands', async () => {
  const [head = '', body = '', signature = ''] = (await issuer.token()).split('.');
  const header = {
    ...(JSON.parse(Buffer.from(head, 'base64url').toString()) as object),
    crit: ['exp2'],
    exp2: 1,
  };
  return `${part(header)}.${body}.${signature}`;
});
// Claims, signed by the issuer.
const claimed: Record<string, Record<string, unknown>> = {
  'expired a minute ago': { exp: Math.floor(Date.now() / 1_000) - 60 },
  'expired long ago': { exp: 1 },
  'without exp': { exp: undefined },
  'exp as a text': { exp: '9999999999' },
  'not valid yet': { nbf: Math.floor(Date.now() / 1_000) + 3_600 },
  'for another audience': { aud: 'another' },
  'for several others': { aud: ['another', 'third'] },
  'without audience': { aud: undefined },
  'from another issuer': { iss: 'https://evil.example' },
  'from an issuer that begins like ours': { iss: 'http://127.0.0.1.evil.example' },
  'without issuer': { iss: undefined },
  'of nobody': { sub: undefined },
  'of an empty name': { sub: '' },
  'of a name with NUL': { sub: 'a\0b' },
  'of role anon': { role: 'anon' },
  'of role service_role': { role: 'service_role' },
  'of a tenant that is no text': { app_metadata: { tenant_id: { $ne: null } } },
  'of an empty tenant': { app_metadata: { tenant_id: '' } },
  'with a scope that there is not': { app_metadata: { perdure_scope: 'root' } },
};
for (const [name, more] of Object.entries(claimed)) token(`signed, but ${name}`, () => issuer.token(more));
// Tampered with.
const changed = async (change: (parts: string[]) => string[]): Promise<string> =>
  change((await issuer.token()).split('.')).join('.');
token('another tenant written into it', () =>
  changed(([head = '', , signature = '']) => [
    head,
    part({ ...claims(), app_metadata: { tenant_id: 'other' } }),
    signature,
  ]),
);
token('one sign of the signature changed', () =>
  changed(([head = '', body = '', s = '']) => [head, body, (s.startsWith('A') ? 'B' : 'A') + s.slice(1)]),
);
token('no signature', () => changed(([head = '', body = '']) => [head, body, '']));
token('a fourth part', () => changed((parts) => [...parts, 'x']));
token('two parts', () => changed((parts) => parts.slice(0, 2)));
token('an encrypted token of five parts', () => 'e30.e30.e30.e30.e30');
token('a payload that is no JSON', () => changed(([head = '', , s = '']) => [head, part('{'), s]));
token('a header with a prototype', () => `${part('{"__proto__":{"alg":"none"}}')}.${part(claims())}.`);
token('two tokens', async () => `${await issuer.token()},${await issuer.token()}`);
attack('a token of 100 KB', /^4(?:01|31) /, () =>
  ask(`Bearer ${'a'.repeat(100_000)}`).catch(() => '431 closed'),
);
// Where and how it stands.
attack('no token', REFUSED, () => ask(undefined));
for (const scheme of ['Basic', 'Token', 'bearer:', 'Bearer\tx', 'Negotiate'])
  attack(`the scheme ${JSON.stringify(scheme)}`, REFUSED, async () =>
    ask(`${scheme} ${await issuer.token()}`),
  );
for (const name of ['access_token', 'token', 'apikey', 'api_key', 'ticket'])
  attack(`a good token in the address, as ${name}`, REFUSED, async () =>
    ask(undefined, `/v1/runs?${name}=${await issuer.token()}`).then((seen) =>
      seen.startsWith('422') ? REFUSED : seen,
    ),
  );
attack('a good token in a cookie', REFUSED, async () => {
  const answer = await fetch(`${server.url}/v1/runs`, {
    headers: { cookie: `sb-access-token=${await issuer.token()}` },
  });
  return `${answer.status} ${((await answer.json()) as { code: string }).code}`;
});
// API keys.
const keyOf = (more: Partial<Parameters<typeof createApiKey>[1]> = {}) =>
  createApiKey(apiKeys, {
    tenantId: 'acme',
    name: 'k',
    scope: 'read',
    createdBy: 'test',
    expiresAt: null,
    ...more,
  });
token('an API key with another end', async () => `${(await keyOf()).token.slice(0, -4)}AAAA`);
token('an API key’s beginning alone', async () => (await keyOf()).key.prefix);
token('an API key that was revoked', async () => {
  const { key, token: made } = await keyOf();
  await apiKeys.revoke('acme', key.id);
  return made;
});
token(
  'an API key that has expired',
  async () => (await keyOf({ expiresAt: new Date(Date.now() - 1_000).toISOString() })).token,
);
attack('an API key of scope read that submits', '403 insufficient_scope', async () => {
  const answer = await fetch(`${server.url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${(await keyOf()).token}`, 'content-type': 'application/json' },
    body: '{"goal":"g"}',
  });
  return `${answer.status} ${((await answer.json()) as { code: string }).code}`;
});
attack('an API key of scope write that makes an admin’s key', '403 insufficient_scope', async () => {
  const answer = await fetch(`${server.url}/v1/api-keys`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${(await keyOf({ scope: 'write' })).token}`,
      'content-type': 'application/json',
    },
    body: '{"name":"x","scope":"admin"}',
  });
  return `${answer.status} ${((await answer.json()) as { code: string }).code}`;
});
// Tickets of streams.
const ticket = (more: Record<string, unknown> = {}, secret = TICKETS, header: object = {}): Promise<string> =>
  new SignJWT({
    sub: 'user-1',
    tenant: 'user-1',
    run: runId,
    until: null,
    aud: 'perdure:stream',
    exp: now() + 60,
    ...more,
  })
    .setProtectedHeader({ alg: 'HS256', ...header })
    .sign(Buffer.from(secret));
const byTicket = async (made: string): Promise<string> =>
  ask(undefined, `/v1/runs/${runId}/events?ticket=${made}`);
attack('a ticket of another run', REFUSED, async () =>
  byTicket(await ticket({ run: '01a20eca-d14f-72ca-9ad6-7b45cd32c878' })),
);
attack('a ticket that has expired', REFUSED, async () => byTicket(await ticket({ exp: now() - 1 })));
attack('a ticket without an end', REFUSED, async () => byTicket(await ticket({ exp: undefined })));
attack('a ticket signed by somebody else', REFUSED, async () => byTicket(await ticket({}, 'x'.repeat(40))));
attack('a ticket for something else', REFUSED, async () =>
  byTicket(await ticket({ aud: 'perdure:callback' })),
);
attack('a ticket without a signature', REFUSED, () =>
  byTicket(unsigned({ alg: 'none' }, { run: runId, aud: 'perdure:stream' })),
);
attack('a ticket as a bearer token', REFUSED, async () => ask(`Bearer ${await ticket()}`));

legitimate('a token of the issuer', '200 let in', async () => ask(`Bearer ${await issuer.token()}`));
legitimate('bearer in lower case', '200 let in', async () => ask(`bearer ${await issuer.token()}`));
legitimate('one audience of several', '200 let in', async () =>
  ask(`Bearer ${await issuer.token({ aud: ['x', 'authenticated'] })}`),
);
legitimate('the key of before, which is still published', '200 let in', async () => {
  await issuer.rotate('ES256');
  return ask(`Bearer ${await issuer.token()}`);
});
legitimate('a key of EdDSA', '200 let in', async () => {
  await issuer.rotate('EdDSA');
  return ask(`Bearer ${await issuer.token()}`);
});
legitimate('an API key', '200 let in', async () => ask(`Bearer ${(await keyOf()).token}`));
legitimate('an API key that expires later', '200 let in', async () =>
  ask(`Bearer ${(await keyOf({ expiresAt: new Date(Date.now() + 60_000).toISOString() })).token}`),
);
legitimate('a ticket for this run', '200', async () => {
  const abort = new AbortController();
  const answer = await fetch(`${server.url}/v1/runs/${runId}/events?ticket=${await ticket()}`, {
    headers: { accept: 'text/event-stream' },
    signal: abort.signal,
  });
  abort.abort();
  return String(answer.status);
});

atLeast(70, 8);
