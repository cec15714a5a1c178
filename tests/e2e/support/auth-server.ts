/**
 * Stands in for Supabase Auth where no real one can be had: it speaks the part of its HTTP interface that its client and
 * perdure use, with real signatures (ES256), PKCE, and refresh tokens that are worth something once. It keeps people in
 * memory, and sends no e-mails: a test looks the codes up.
 */
import { createHash, randomInt, randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface AuthServer {
  /** What SUPABASE_URL is set to. */
  readonly url: string;
  readonly anonKey: string;
  /** Sent last to this address. */
  codeOf(email: string): string | undefined;
  /** How often tokens were renewed. */
  renewals(): number;
  /** From now on no session is renewed. */
  endSessions(): void;
  close(): Promise<void>;
}

export interface Person {
  email: string;
  password: string;
  appMetadata?: Record<string, unknown>;
}

const BASE = '/auth/v1';

/** @param lifeSeconds of a token */
export async function startAuthServer(people: readonly Person[], lifeSeconds: number): Promise<AuthServer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const anonKey = `sb_publishable_${randomUUID()}`;
  const ids = new Map(people.map(({ email }) => [email, randomUUID()]));
  const codes = new Map<string, string>();
  const refreshTokens = new Map<string, Person>();
  /** Of people who come back from a provider: who, and what the page must know. */
  const arrivals = new Map<string, { person: Person; challenge: string }>();
  let renewed = 0;
  let url = '';

  const sessionOf = async (person: Person): Promise<object> => {
    const { email, appMetadata = {} } = person;
    const id = ids.get(email) ?? '';
    const expiresAt = Math.floor(Date.now() / 1_000) + lifeSeconds;
    const token = await new SignJWT({ email, role: 'authenticated', app_metadata: appMetadata })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setSubject(id)
      .setIssuer(url + BASE)
      .setAudience('authenticated')
      .setJti(randomUUID())
      .setExpirationTime(expiresAt)
      .sign(privateKey);
    const refreshToken = randomUUID();
    refreshTokens.set(refreshToken, person);
    return {
      access_token: token,
      token_type: 'bearer',
      expires_in: lifeSeconds,
      expires_at: expiresAt,
      refresh_token: refreshToken,
      user: {
        id,
        aud: 'authenticated',
        role: 'authenticated',
        email,
        app_metadata: appMetadata,
        user_metadata: {},
      },
    };
  };

  type Given = Record<string, string>;
  const grants: Record<string, (given: Given) => Person | undefined> = {
    password: ({ email, password }) => people.find((one) => one.email === email && one.password === password),
    refresh_token: ({ refresh_token: token = '' }) => {
      const person = refreshTokens.get(token);
      refreshTokens.delete(token);
      if (person !== undefined) renewed += 1;
      return person;
    },
    pkce: ({ auth_code: code = '', code_verifier: verifier = '' }) => {
      const arrival = arrivals.get(code);
      arrivals.delete(code);
      const challenge = createHash('sha256').update(verifier).digest('base64url');
      return arrival?.challenge === challenge ? arrival.person : undefined;
    },
  };

  const answer = async (method: string, address: URL, given: Given): Promise<[number, object | null]> => {
    const wrong = { code: 400, error_code: 'invalid_credentials', msg: 'Invalid login credentials' };
    switch (`${method} ${address.pathname.slice(BASE.length)}`) {
      case 'GET /.well-known/jwks.json':
        return [200, { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] }];
      case 'GET /settings':
        return [200, { external: { email: true, phone: false, github: true }, disable_signup: true }];
      case 'POST /token': {
        const person = grants[address.searchParams.get('grant_type') ?? '']?.(given);
        return person === undefined ? [400, wrong] : [200, await sessionOf(person)];
      }
      case 'POST /otp': {
        if (!ids.has(given.email ?? ''))
          return [422, { error_code: 'otp_disabled', msg: 'Signups not allowed for otp' }];
        codes.set(given.email ?? '', String(randomInt(100_000, 1_000_000)));
        return [200, {}];
      }
      case 'POST /verify': {
        const person = people.find(({ email }) => email === given.email);
        if (person === undefined || codes.get(person.email) !== given.token)
          return [403, { error_code: 'otp_expired', msg: 'Token has expired or is invalid' }];
        codes.delete(person.email);
        return [200, await sessionOf(person)];
      }
      case 'POST /logout':
        return [204, null];
      default:
        return [404, { error_code: 'not_found', msg: 'Not found' }];
    }
  };

  const server = http.createServer((req, res) => {
    const address = new URL(req.url ?? '/', url);
    res.setHeader('access-control-allow-origin', '*');
    res.setHeader('access-control-allow-headers', '*, authorization');
    res.setHeader('access-control-allow-methods', 'GET, POST');
    if (req.method === 'OPTIONS') return void res.writeHead(204).end();
    if (address.pathname === `${BASE}/authorize`) {
      // The provider has asked nobody: whoever comes is the first of the people.
      const [person] = people;
      const code = randomUUID();
      if (person !== undefined)
        arrivals.set(code, { person, challenge: address.searchParams.get('code_challenge') ?? '' });
      const back = new URL(address.searchParams.get('redirect_to') ?? url);
      back.searchParams.set('code', code);
      return void res.writeHead(302, { location: back.href }).end();
    }
    const isOpen = address.pathname.endsWith('/jwks.json');
    if (!isOpen && req.headers.apikey !== anonKey)
      return void res.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"No API key"}');
    void read(req)
      .then((given) => answer(req.method ?? '', address, given))
      .then(([status, body]) => {
        res.writeHead(status, { 'content-type': 'application/json' });
        res.end(body === null ? undefined : JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    anonKey,
    codeOf: (email) => codes.get(email),
    renewals: () => renewed,
    endSessions: () => {
      refreshTokens.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function read(req: http.IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Record<string, string>);
}
