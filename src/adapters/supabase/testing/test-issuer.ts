/** Tokens and keys in Supabase Auth's form: ES256 for people, and the two keys of a project by the legacy secret. */
import { randomBytes, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';

export interface TestIssuer {
  issuer: string;
  /** A person's token. Claims replace those of a signed-in user; undefined leaves one out. */
  sign(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  serviceRoleKey: string;
  anonKey: string;
  jwtSecret: string;
  /** The public keys, as they are served. */
  keys: { keys: JWK[] };
  /** All that PostgREST accepts: the public keys and the legacy secret. */
  verifiers: { keys: JWK[] };
}

export async function createTestIssuer(issuer: string): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const kid = randomUUID();
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig', key_ops: ['verify'] };
  const jwtSecret = randomBytes(32).toString('hex');
  const secret = new TextEncoder().encode(jwtSecret);
  const now = (): number => Math.floor(Date.now() / 1_000);
  const keyOf = (role: string): Promise<string> =>
    new SignJWT({ iss: 'supabase', ref: 'test', role, iat: now(), exp: now() + 10 * 365 * 86_400 })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(secret);
  return {
    issuer,
    jwtSecret,
    serviceRoleKey: await keyOf('service_role'),
    anonKey: await keyOf('anon'),
    keys: { keys: [jwk] },
    verifiers: { keys: [jwk, { kty: 'oct', alg: 'HS256', k: Buffer.from(secret).toString('base64url') }] },
    sign(claims = {}) {
      const ofUser: Record<string, unknown> = {
        ...{ iss: issuer, sub: randomUUID(), aud: 'authenticated', iat: now(), exp: now() + 3_600 },
        ...{ email: 'somebody@example.com', phone: '', role: 'authenticated', is_anonymous: false },
        app_metadata: { provider: 'email', providers: ['email'] },
        user_metadata: {},
        aal: 'aal1',
        amr: [{ method: 'password', timestamp: now() }],
        session_id: randomUUID(),
        ...claims,
      };
      const given = Object.fromEntries(Object.entries(ofUser).filter(([, value]) => value !== undefined));
      return new SignJWT(given).setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' }).sign(privateKey);
    },
  };
}
