/** RunStore over the migrations' functions. */
import { z } from 'zod';
import { PerdureError } from '../../../contracts/errors.js';
import type { NewRun, RunHead, RunRecord } from '../../../contracts/runs.js';
import type { ListRunsFilter, RunCount, RunPage, RunStore } from '../../ports/run-store.js';
import { decodeCursor, pageOf } from './cursor.js';
import { SCHEMA_VERSION } from './schema-version.js';
import { MisconfiguredError, unmigrated, type SqlFunctions } from './sql-functions.js';

const cursorSchema = z.tuple([z.iso.datetime(), z.uuid()]);

export function createRunStore(sql: SqlFunctions): RunStore {
  return {
    async createRun(run: NewRun): Promise<RunRecord> {
      const record = await sql.call('create_run', { p_run: run });
      if (record === null)
        throw new PerdureError('run_not_found', `the run ${run.id} belongs to somebody else`);
      return record as RunRecord;
    },

    async getRun(tenantId, runId) {
      return (await sql.call('get_run', { p_tenant_id: tenantId, p_run_id: runId })) as RunRecord | null;
    },

    async findRun(tenantId, runId) {
      return (await sql.call('find_run', { p_tenant_id: tenantId, p_run_id: runId })) as RunHead | null;
    },

    async listRuns(
      tenantId: string,
      filter: ListRunsFilter,
      limit: number,
      cursor?: string,
    ): Promise<RunPage> {
      const [beforeTime, beforeId] = cursor === undefined ? [null, null] : decodeCursor(cursor, cursorSchema);
      const found = (await sql.call('list_runs', {
        p_tenant_id: tenantId,
        p_filter: filter,
        p_limit: limit + 1,
        p_before_time: beforeTime,
        p_before_id: beforeId,
      })) as RunHead[];
      const { items: runs, nextCursor } = pageOf(found, limit, (last) => [last.createdAt, last.id]);
      return { runs, nextCursor };
    },

    async countRuns(tenantId, filter, { from, seconds }) {
      return (await sql.call('count_runs', {
        p_tenant_id: tenantId,
        p_filter: filter,
        p_from: from,
        p_seconds: seconds,
      })) as RunCount[];
    },

    async noteWebhook(tenantId, runId, note) {
      const noted = await sql.call('note_webhook', {
        p_tenant_id: tenantId,
        p_run_id: runId,
        p_note: note,
      });
      if (noted !== true) throw new PerdureError('run_not_found', `no run ${runId} waits for its webhook`);
    },

    async check() {
      const version = await sql.call('schema_version', {}).catch((error: unknown) => {
        throw error instanceof PerdureError && error.cause instanceof MisconfiguredError
          ? error.cause
          : error;
      });
      if (Number(version) < SCHEMA_VERSION)
        throw unmigrated(
          `its schema has version ${String(version)}, and ${SCHEMA_VERSION} is needed`,
          undefined,
        );
      if (Number(version) > SCHEMA_VERSION)
        throw new PerdureError(
          'schema_mismatch',
          `the database has schema version ${String(version)}, and this build knows ${SCHEMA_VERSION}: use a newer build`,
        );
    },
  };
}
