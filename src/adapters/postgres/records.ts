/** The records over direct connections to Postgres. */
import pg from 'pg';
import type { Logger } from '../../ports/logger.js';
import { createRecords, type Records } from '../records/records.js';
import {
  misconfigured,
  raised,
  storable,
  unavailable,
  unmigrated,
  type SqlArguments,
  type SqlFunctions,
} from '../records/sql-functions.js';

/** Opens lazily: a database that is down at start is met at the first call, as one that goes down later. */
export const openPostgresRecords = (connectionString: string, logger: Logger, poolSize = 20): Records =>
  createRecords(overPostgres(connectionString, logger, poolSize));

function overPostgres(connectionString: string, logger: Logger, poolSize: number): SqlFunctions {
  const pool = new pg.Pool({
    connectionString,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    query_timeout: 8_000,
    keepAlive: true,
    application_name: 'perdure',
    // Whatever the login may do, this session may only do what the application needs. Said after the start of
    // the session, for poolers in between drop options that come with it.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it; its types do not say so
    onConnect: async (client) => {
      await client.query("set role service_role; set statement_timeout = 6000; set search_path = ''");
    },
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => {
    logger.warn({ err: error }, 'an idle database connection broke');
  });
  return {
    async call(name, args) {
      try {
        const { rows } = await pool.query<{ answer: unknown }>({
          name,
          text: statementOf(name, args),
          values: Object.values(args).map(toParameter),
        });
        return rows[0]?.answer ?? null;
      } catch (error) {
        throw translate(error);
      }
    },
    close: () => pool.end(),
  };
}

/** As JSON whatever the function's type is: pg would give a bigint as text. */
function statementOf(name: string, args: SqlArguments): string {
  const named = Object.keys(args).map((argument, i) => `${argument} => $${i + 1}`);
  return `select to_jsonb(perdure.${name}(${named.join(', ')})) as answer`;
}

const toParameter = (value: unknown): unknown => {
  // Postgres' text holds no NUL either.
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD');
  return typeof value === 'object' && value !== null ? storable(JSON.stringify(value)) : value;
};

function translate(error: unknown): unknown {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  // Errors of the socket carry a name such as ECONNREFUSED, those of pg itself no code at all.
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return unavailable(message, error);
  if (refused.test(code)) return misconfigured(`DATABASE_URL cannot be used: ${message}`, error);
  // The role is made by the first migration.
  if (code === '22023' && message.includes('service_role')) return unmigrated(message, error);
  return raised(code, message, error) ?? error;
}

/** No sign-in, no such database, and no right to what the application needs. */
const refused = /^(?:28...|3D000|42501)$/;
