import { expect, test } from 'vitest';
import { readConfig } from './env.js';
import { signInPolicy } from './sign-in-policy.js';

const of = (env: Record<string, string>) => signInPolicy(readConfig(env));
const tokens = { PERDURE_JWKS_URL: 'https://id.example/jwks', PERDURE_JWT_ISSUER: 'https://id.example' };
const database = { DATABASE_URL: 'postgres://db/x' };

test('only one person at their own machine need not sign in', () => {
  expect(of({})).toBe('none');
  for (const PERDURE_HOST of ['localhost', '[::1]', '127.0.0.2'])
    expect(of({ PERDURE_HOST, PERDURE_SIGN_IN: 'none' })).toBe('none');
  expect(of({ PERDURE_SIGN_IN: 'required' })).toBe('required');
  expect(of(tokens)).toBe('required');
  expect(of(database)).toBe('required');
  expect(of({ PERDURE_HOST: '0.0.0.0', ...tokens })).toBe('required');
  expect(of({ PERDURE_HOST: '0.0.0.0', PERDURE_SIGN_IN: 'required' })).toBe('required');
});

test('settings that would let strangers in, or nobody, are refused by name', () => {
  expect(() => of({ PERDURE_HOST: '0.0.0.0' })).toThrow(/PERDURE_HOST.*PERDURE_SIGN_IN=required/);
  for (const PERDURE_HOST of ['0.0.0.0', '::', '127.0.0.1.example.com', '192.168.1.2'])
    expect(() => of({ PERDURE_HOST, PERDURE_SIGN_IN: 'none' })).toThrow(/PERDURE_SIGN_IN.*PERDURE_HOST/);
  expect(() => of({ ...database, PERDURE_SIGN_IN: 'none' })).toThrow(/DATABASE_URL/);
});

test('origins are exact, and a ticket’s secret is never printed', () => {
  expect(
    readConfig({ PERDURE_CORS_ORIGINS: 'https://a.example, http://localhost:3000' }).corsOrigins,
  ).toEqual(['https://a.example', 'http://localhost:3000']);
  for (const bad of ['*', 'https://a.example/', 'a.example', 'null'])
    expect(() => readConfig({ PERDURE_CORS_ORIGINS: bad })).toThrow(/PERDURE_CORS_ORIGINS/);
  expect(() => readConfig({ PERDURE_TICKET_SECRET: 'canary' })).toThrow(
    /^(?!.*canary).*PERDURE_TICKET_SECRET/,
  );
});
