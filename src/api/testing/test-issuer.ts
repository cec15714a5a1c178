/** Stands in for Supabase Auth: signs tokens in its form and serves the public keys. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

export interface TestIssuer {
  issuer: string;
  jwksUrl: string;
  /** How often the keys were asked for. */
  asked: number;
  /** Answers 500 while true. */
  down: boolean;
  /** Claims that are undefined are left out. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** Signs with a new key from now on. @param published whether it is among the keys served */
  rotate(alg: Algorithm, published?: boolean): Promise<void>;
  /** Serves no keys any more. */
  withdraw(): void;
  /** The public key of the last RS256 pair, as PEM. */
  publicKey(): Promise<string>;
  close(): Promise<void>;
}

interface Signer {
  alg: Algorithm;
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

export async function startTestIssuer(): Promise<TestIssuer> {
  const served: JWK[] = [];
  let signer: Signer;
  const server = createServer((_req, res) => {
    issuer.asked += 1;
    res.writeHead(issuer.down ? 500 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ keys: served }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/auth/v1`;
  let made = 0;
  const issuer: TestIssuer = {
    issuer: base,
    jwksUrl: `${base}/.well-known/jwks.json`,
    asked: 0,
    down: false,
    token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1_000);
      const all = {
        ...{ iss: base, aud: 'authenticated', role: 'authenticated', sub: 'user-1' },
        ...{ iat: now, exp: now + 3_600 },
      };
      const given = Object.fromEntries(
        Object.entries<unknown>({ ...all, ...claims }).filter(([, value]) => value !== undefined),
      );
      return new SignJWT(given)
        .setProtectedHeader({ alg: signer.alg, kid: signer.kid, ...header })
        .sign(signer.privateKey);
    },
    async rotate(alg, published = true) {
      made += 1;
      signer = { alg, kid: `key-${made}`, ...(await generateKeyPair(alg, { extractable: true })) };
      if (published)
        served.push({ ...(await exportJWK(signer.publicKey)), kid: signer.kid, alg, use: 'sig' });
    },
    withdraw() {
      served.length = 0;
    },
    publicKey: () => exportSPKI(signer.publicKey),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  await issuer.rotate('ES256');
  return issuer;
}
