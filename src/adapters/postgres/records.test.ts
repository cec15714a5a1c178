import path from 'node:path';
import { expect, test } from 'vitest';
import { recordsSuite } from '../../../tests/port-suites/records.suite.js';
import { createFakes } from '../../api/testing/fakes.js';
import { testPostgres } from '../embedded/testing/backends.js';
import { openDatabase } from './database.js';
import { createPostgresEventLog } from './event-log.js';
import { migrate } from './migrate.js';
import { createPostgresRunStore } from './run-store.js';

const migrations = path.resolve(import.meta.dirname, '../../../deploy/migrations');
const { logger } = createFakes();

recordsSuite('Postgres', async () => {
  const server = await testPostgres();
  expect(await migrate(server.connectionString, migrations)).toHaveLength(2);
  // A second time there is nothing left to apply.
  expect(await migrate(server.connectionString, migrations)).toEqual([]);
  const database = openDatabase(server.connectionString, logger);
  return {
    store: createPostgresRunStore(database),
    log: createPostgresEventLog(database),
    release: async () => {
      await database.close();
      await server.release();
    },
  };
});

test('a database that is away is told as such', async () => {
  const database = openDatabase('postgres://nobody@127.0.0.1:9/nothing', logger);
  await expect(createPostgresRunStore(database).check()).rejects.toMatchObject({ code: 'store_unavailable' });
  await database.close();
});
