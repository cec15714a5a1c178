import { expect, test } from 'vitest';
import { readConfig } from './env.js';

test.each([
  'postgres://postgres.abc:hidden@aws-0-eu-central-1.pooler.supabase.com:6543/postgres',
  'postgresql://postgres:hidden@db.abc.supabase.co:6543/postgres?pgbouncer=true',
])('a pooler that keeps no session is refused, without its password: %s', (DATABASE_URL) => {
  expect(() => readConfig({ DATABASE_URL })).toThrow(/^(?!.*hidden)DATABASE_URL .*port 5432/);
});

test.each([
  'postgres://postgres.abc:hidden@aws-0-eu-central-1.pooler.supabase.com:5432/postgres',
  'postgresql://postgres:hidden@db.abc.supabase.co:5432/postgres',
  'postgres://a:b@db.internal:6543/x?host=.supabase.co:6543',
])('others are taken: %s', (DATABASE_URL) => {
  expect(readConfig({ DATABASE_URL }).databaseUrl).toBe(DATABASE_URL);
});
