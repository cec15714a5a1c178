/** RunStore over the migrations' functions. */
import { z } from 'zod';
import { PerdureError } from '../../../contracts/errors.js';
import type { NewRun, RunHead, RunRecord } from '../../../contracts/runs.js';
import type { ListRunsFilter, RunPage, RunStore } from '../../ports/run-store.js';
import { toJsonb, type Database } from './database.js';

/** The version of perdure.schema_version() that this build was written for. */
const SCHEMA_VERSION = 2;

const cursorSchema = z.tuple([z.iso.datetime(), z.uuid()]);

export function createPostgresRunStore(database: Database): RunStore {
  return {
    async createRun(run: NewRun): Promise<RunRecord> {
      const [row] = await database.rows<{ run: RunRecord | null }>(
        { name: 'create_run', text: 'select perdure.create_run($1) as run' },
        [toJsonb(run)],
      );
      if (!row?.run) throw new PerdureError('run_not_found', `the run ${run.id} belongs to somebody else`);
      return row.run;
    },

    async getRun(tenantId, runId) {
      const [row] = await database.rows<{ run: RunRecord | null }>(
        { name: 'get_run', text: 'select perdure.get_run($1, $2) as run' },
        [tenantId, runId],
      );
      return row?.run ?? null;
    },

    async findRun(tenantId, runId) {
      const [row] = await database.rows<{ run: RunHead | null }>(
        { name: 'find_run', text: 'select perdure.find_run($1, $2) as run' },
        [tenantId, runId],
      );
      return row?.run ?? null;
    },

    async listRuns(
      tenantId: string,
      filter: ListRunsFilter,
      limit: number,
      cursor?: string,
    ): Promise<RunPage> {
      const before = cursor === undefined ? [null, null] : decodeCursor(cursor);
      const found = await database.rows<{ run: RunHead }>(
        { name: 'list_runs', text: 'select run from perdure.list_runs($1, $2, $3, $4, $5) as run' },
        [tenantId, toJsonb(filter), limit + 1, ...before],
      );
      const runs = found.slice(0, limit).map((row) => row.run);
      const last = found.length > limit ? runs.at(-1) : undefined;
      return { runs, nextCursor: last === undefined ? null : encodeCursor(last) };
    },

    async check() {
      const [row] = await database.rows<{ version: number }>(
        { name: 'schema_version', text: 'select perdure.schema_version() as version' },
        [],
      );
      if (row?.version !== SCHEMA_VERSION)
        throw new PerdureError(
          'store_unavailable',
          `the database has schema version ${row?.version ?? 'none'}, this build needs ${SCHEMA_VERSION}: apply the migrations`,
        );
    },
  };
}

const encodeCursor = (run: RunHead): string =>
  Buffer.from(JSON.stringify([run.createdAt, run.id])).toString('base64url');

function decodeCursor(cursor: string): [string, string] {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new PerdureError('invalid_request', 'the cursor is not one that this server gave', {
      errors: [{ field: 'cursor', message: 'is not one that this server gave' }],
    });
  }
}
