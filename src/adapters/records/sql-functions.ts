/** How the functions of the schema `perdure` are called: one SQL, reached by more than one transport. */
import { PerdureError } from '../../../contracts/errors.js';

/** Objects and arrays become jsonb; every other argument is a number, a text or null. */
export type SqlArguments = Readonly<Record<string, unknown>>;

export interface SqlFunctions {
  /**
   * @param name of the function, without its schema
   * @param args by the function's own names
   * @returns the answer as JSON: every function has one value
   * @throws PerdureError `store_unavailable`, or what the function itself refused with, see `raised`; anything
   *   else is a defect and passes through
   */
  call(name: string, args: SqlArguments): Promise<unknown>;
  close(): Promise<void>;
}

/** Settings that no waiting mends, such as a wrong password. To a run it is an outage; at a start it is the end. */
export class MisconfiguredError extends Error {
  override readonly name = 'MisconfiguredError';
}

/**
 * What the database says with an error code of its own.
 * @param sqlState five characters; PostgreSQL manual, appendix A
 * @returns undefined when it is neither a refusal of our functions nor passing
 */
export function raised(
  sqlState: string | undefined,
  message: string,
  cause: unknown,
): PerdureError | undefined {
  if (sqlState === undefined) return undefined;
  if (sqlState === 'P0002') {
    if (message.includes('run_not_found'))
      return new PerdureError('run_not_found', 'the database has no record of this run', { cause });
    if (message.includes('step_closed'))
      return new PerdureError('step_closed', 'another attempt has ended the step meanwhile', { cause });
    if (message.includes('events_expired'))
      return new PerdureError('events_expired', 'retention has deleted the events of this run', { cause });
  }
  if (absent.test(sqlState)) return unmigrated(message, cause);
  if (passing.test(sqlState)) return unavailable(message, cause);
  return undefined;
}

// Connection, resources, operator intervention, system errors, rollbacks, lock time-outs, and a server that is
// read-only (a standby that takes over): all pass.
const passing = /^(?:08|53|57|58|40|55P03|25006)/;

/** No such schema, and no such function. */
const absent = /^(?:3F000|42883)$/;

export const unavailable = (why: string, cause: unknown): PerdureError =>
  new PerdureError('store_unavailable', `the database did not answer: ${why}`, { cause });

/** Waiting may mend it: whoever applies the migrations may be at it. */
export const unmigrated = (why: string, cause: unknown): PerdureError =>
  new PerdureError(
    'store_unavailable',
    `the database lacks what this build needs (${why}): run perdure migrate`,
    {
      cause,
    },
  );

export const misconfigured = (why: string, cause: unknown): PerdureError =>
  new PerdureError('store_unavailable', why, { cause: new MisconfiguredError(why, { cause }) });

/**
 * JSON that Postgres' jsonb can hold: it refuses NUL and lone surrogates, which a tool's output may well
 * have; both become U+FFFD. JSON.stringify writes them, and no other character, as these escapes.
 * @param json what JSON.stringify wrote
 */
export const storable = (json: string): string =>
  json.replaceAll(/(?<=(?:^|[^\\])(?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '\uFFFD');
