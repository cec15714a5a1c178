import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { admissionSuite } from '../../../tests/port-suites/admission.suite.js';
import { apiKeysSuite } from '../../../tests/port-suites/api-keys.suite.js';
import { approvalsSuite } from '../../../tests/port-suites/approvals.suite.js';
import { auditSuite } from '../../../tests/port-suites/audit.suite.js';
import { recordsSuite } from '../../../tests/port-suites/records.suite.js';
import { retentionSuite } from '../../../tests/port-suites/retention.suite.js';
import { runActivitySuite } from '../../../tests/port-suites/run-activity.suite.js';
import { createFakes } from '../../api/testing/fakes.js';
import { testPostgres } from '../embedded/testing/backends.js';
import type { Records } from '../records/records.js';
import { migrate } from './migrate.js';
import { openPostgresRecords } from './records.js';

const migrations = path.resolve(import.meta.dirname, '../../../deploy/migrations');
const { logger } = createFakes();

const opened = (async () => {
  const server = await testPostgres();
  await migrate(server.connectionString, migrations);
  return { server, records: openPostgresRecords(server.connectionString, logger) };
})();
afterAll(async () => {
  const { server, records } = await opened;
  await records.close();
  await server.release();
});
const open = async (): Promise<Records> => (await opened).records;

recordsSuite('Postgres', open);
apiKeysSuite('Postgres', open);
admissionSuite('Postgres', open);
retentionSuite('Postgres', open);
approvalsSuite('Postgres', open);
runActivitySuite('Postgres', open);
auditSuite('Postgres', open);

test('a database that is away is told as such', async () => {
  const records = openPostgresRecords('postgres://nobody@127.0.0.1:9/nothing', logger);
  await expect(records.runs.check()).rejects.toMatchObject({ code: 'store_unavailable' });
  await records.close();
});

test('a password that is wrong and a database that is not there are told at a start as what no waiting mends', async () => {
  const { server } = await opened;
  for (const broken of [
    server.connectionString.replace(server.password, 'wrong'),
    `${server.connectionString}-not-there`,
  ]) {
    const records = openPostgresRecords(broken, logger);
    await expect(records.runs.check()).rejects.toMatchObject({
      name: 'MisconfiguredError',
      message: expect.stringMatching(/^DATABASE_URL cannot be used: /) as string,
    });
    // A run that is under way survives it.
    await expect(records.runs.getRun('acme', '00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    await records.close();
  }
});

test('a database without the migrations says so, and is waited for', async () => {
  const server = await testPostgres();
  const records = openPostgresRecords(server.connectionString, logger);
  await expect(records.runs.check()).rejects.toMatchObject({ code: 'store_unavailable' });
  await records.close();
  await server.release();
});
