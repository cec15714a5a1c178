/** Retention as it runs in production: started by its schedule, by a worker, over a real database and real files. */
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createRetentionActivities } from '../../activities/retention.js';
import type { Activities } from '../../contracts/activities.js';
import { RETENTION_SCHEDULE, type RetentionInput } from '../../contracts/retention.js';
import { ensureBuilt } from '../../scripts/build.mjs';
import {
  TEMPORAL_TIMEOUT_MS,
  testDirectory,
  testPostgres,
  testTemporal,
} from '../../src/adapters/embedded/testing/backends.js';
import { createLocalWorkspace } from '../../src/adapters/local/local-workspace.js';
import { migrate } from '../../src/adapters/postgres/migrate.js';
import { openPostgresRecords } from '../../src/adapters/postgres/records.js';
import type { Records } from '../../src/adapters/records/records.js';
import { applyRetentionSchedule } from '../../src/adapters/temporal/retention-schedule.js';
import { createFakes } from '../../src/api/testing/fakes.js';
import type { Workspace } from '../../src/ports/workspace.js';
import { Releasers } from '../../src/stack/releasers.js';
import { runWorker } from '../../src/worker/run-worker.js';
import { plainPayloads } from '../../src/adapters/temporal/payloads.js';

const root = path.resolve(import.meta.dirname, '../..');
const releasers = new Releasers();
const { logger } = createFakes();
let records: Records;
let owner: pg.Client;
let workspace: Workspace;
let connection: Connection;

beforeAll(async () => {
  await ensureBuilt(root);
  const temporal = await testTemporal();
  releasers.push('Temporal', () => temporal.release());
  const postgres = await testPostgres();
  releasers.push('Postgres', () => postgres.release());
  await migrate(postgres.connectionString, path.join(root, 'deploy/migrations'));
  owner = new pg.Client({ connectionString: postgres.connectionString });
  await owner.connect();
  releasers.push('the owner', () => owner.end());
  records = openPostgresRecords(postgres.connectionString, logger);
  releasers.push('the records', () => records.close());
  const files = await testDirectory();
  releasers.push('the files', () => files.remove());
  workspace = createLocalWorkspace(files.directory);
  connection = await Connection.connect({ address: temporal.address });
  releasers.push('the connection', () => connection.close());
  const worker = runWorker({
    ...{ address: temporal.address, namespace: 'default', taskQueue: 'perdure', logger },
    bundlePath: path.join(root, 'dist/workflow-bundle.js'),
    payloads: plainPayloads,
    activities: createRetentionActivities({
      retention: records.retention,
      audit: records.audit,
      workspace,
      logger,
    }) as unknown as Activities,
    graceMs: 500,
    forceMs: 5_000,
  });
  releasers.push('the worker', () => worker.stop());
  await worker.polling;
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => releasers.release(logger));

const tenantId = 'acme';
const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

async function finished(days: number): Promise<string> {
  const id = v7();
  const at = daysAgo(days);
  await records.runs.createRun({
    ...{ id, tenantId, goal: 'old', agent: 'default', metadata: {}, requestHash: null, createdAt: at },
  });
  await records.log.append(id, [{ type: 'run.completed', key: 'run.end', at, data: { result: null } }]);
  await workspace.put({ tenantId, runId: id }, 'a.txt', 'text');
  return id;
}

/** An entry of the audit log that was written so many days ago, which only its table's owner can pretend. */
async function act(days: number): Promise<string> {
  const id = v7();
  await owner.query(
    `insert into perdure.audit_entries (id, tenant_id, at, subject, action, outcome, recorded_at)
     values ($1, $2, now(), 'user:ann', 'cancelRun', 'ok', $3)`,
    [id, tenantId, daysAgo(days)],
  );
  return id;
}

const apply = (wanted: Partial<RetentionInput>): Promise<void> =>
  applyRetentionSchedule({
    connection,
    namespace: 'default',
    payloads: plainPayloads,
    taskQueue: 'perdure',
    retention: { runDays: null, eventDays: null, auditDays: null, ...wanted },
  });

test('old runs go with their files, older events go from their runs, and what is young stays', async () => {
  // As two workers that start at once, one of them with what was set before.
  await apply({ runDays: 1, eventDays: null });
  await apply({ runDays: 30, eventDays: 7, auditDays: 60 });
  const [oldAct, youngAct] = [await act(61), await act(59)];
  const [old, middle, young] = [await finished(31), await finished(8), await finished(1)];
  const schedule = new Client({ connection }).schedule.getHandle(RETENTION_SCHEDULE);
  expect((await schedule.describe()).policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 });
  await schedule.trigger();
  await vi.waitFor(
    async () => {
      await expect(records.log.read(middle, 0, 10)).rejects.toMatchObject({ code: 'events_expired' });
    },
    { timeout: 20_000, interval: 200 },
  );
  expect(await records.runs.getRun(tenantId, old)).toBeNull();
  expect(await workspace.list({ tenantId, runId: old })).toEqual([]);
  for (const runId of [middle, young]) {
    expect(await records.runs.getRun(tenantId, runId)).toMatchObject({ status: 'completed' });
    expect(await workspace.list({ tenantId, runId })).toHaveLength(1);
  }
  expect(await records.log.read(young, 0, 10)).toHaveLength(2);
  await vi.waitFor(
    async () => {
      const { entries } = await records.audit.list(tenantId, {}, 10);
      expect(entries.map(({ id }) => id)).toEqual([youngAct]);
    },
    { timeout: 20_000, interval: 200 },
  );
  expect(oldAct).not.toBe(youngAct);
});

test('where nothing is to be deleted there is no schedule', async () => {
  await apply({ runDays: 1, eventDays: null });
  await apply({ runDays: null, eventDays: null });
  await apply({ runDays: null, eventDays: null });
  const schedules: string[] = [];
  for await (const { scheduleId } of new Client({ connection }).schedule.list()) schedules.push(scheduleId);
  expect(schedules).toEqual([]);
});
