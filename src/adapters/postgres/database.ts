/** A pool of direct Postgres connections that speaks our errors. */
import pg from 'pg';
import { PerdureError } from '../../../contracts/errors.js';
import type { Logger } from '../../ports/logger.js';

export interface Database {
  /** @throws PerdureError `store_unavailable` or `run_not_found`; anything else is a defect and passes through */
  rows<Row extends pg.QueryResultRow>(
    statement: { name: string; text: string },
    values: unknown[],
  ): Promise<Row[]>;
  close(): Promise<void>;
}

/** Opens lazily: a database that is down at start is met at the first call, as one that goes down later. */
export function openDatabase(connectionString: string, logger: Logger, poolSize = 20): Database {
  const pool = new pg.Pool({
    connectionString,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    query_timeout: 8_000,
    // Whatever the login may do, this session may only do what the application needs.
    options: '-c role=service_role -c statement_timeout=6000 -c search_path=',
    application_name: 'perdure',
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => {
    logger.warn({ err: error }, 'an idle database connection broke');
  });
  return {
    async rows<Row extends pg.QueryResultRow>(statement: { name: string; text: string }, values: unknown[]) {
      try {
        return (await pool.query<Row>({ ...statement, values })).rows;
      } catch (error) {
        throw translate(error);
      }
    },
    close: () => pool.end(),
  };
}

// Connection, resources, operator intervention, system errors, rollbacks, lock time-outs, and a server that is
// read-only (a standby that takes over): all pass. Source: PostgreSQL manual, appendix A (error codes).
const passing = /^(?:08|53|57|58|40|55P03|25006)/;

function translate(error: unknown): unknown {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'P0002' && message.includes('run_not_found'))
    return new PerdureError('run_not_found', 'the database has no record of this run', { cause: error });
  // Errors of the socket carry a name such as ECONNREFUSED, those of pg itself no code at all.
  const fromServer = code !== undefined && /^[0-9A-Z]{5}$/.test(code);
  if (!fromServer || passing.test(code))
    return new PerdureError('store_unavailable', `the database did not answer: ${message}`, { cause: error });
  return error;
}

/**
 * JSON that Postgres' jsonb can hold: it refuses NUL and lone surrogates, which a tool's output may well
 * have; both become U+FFFD. JSON.stringify writes them, and no other character, as these escapes.
 */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /(?<=(?:^|[^\\])(?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g,
    '\uFFFD',
  );
}
