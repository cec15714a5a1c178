import { afterAll, describe, expect, test } from 'vitest';
import { admissionSuite } from '../../../tests/port-suites/admission.suite.js';
import { apiKeysSuite } from '../../../tests/port-suites/api-keys.suite.js';
import { approvalsSuite } from '../../../tests/port-suites/approvals.suite.js';
import { auditSuite } from '../../../tests/port-suites/audit.suite.js';
import { recordsSuite } from '../../../tests/port-suites/records.suite.js';
import { retentionSuite } from '../../../tests/port-suites/retention.suite.js';
import { runActivitySuite } from '../../../tests/port-suites/run-activity.suite.js';
import { claimPort } from '../embedded/free-port.js';
import type { Records } from '../records/records.js';
import { openSupabaseRecords } from './records.js';
import { startSupabase, supabaseMissing } from './testing/supabase.js';

const missing = await supabaseMissing();
if (missing !== null) console.error(`the records over PostgREST are not tested: ${missing}`);

describe.skipIf(missing !== null)('Supabase', () => {
  // Far fewer rows than the suites ask for in one call: an answer must not be cut off there.
  const opened = missing === null ? startSupabase({ maxRows: 2 }) : Promise.reject(new Error(missing));
  opened.catch(() => undefined);
  const records = opened.then((supabase) => openSupabaseRecords(supabase));
  records.catch(() => undefined);
  const open = (): Promise<Records> => records;
  afterAll(async () => {
    await (await records).close();
    await (await opened).release();
  });

  recordsSuite('PostgREST', open);
  apiKeysSuite('PostgREST', open);
  admissionSuite('PostgREST', open);
  retentionSuite('PostgREST', open);
  approvalsSuite('PostgREST', open);
  runActivitySuite('PostgREST', open);
  auditSuite('PostgREST', open);

  test('an address where nothing listens is an outage', async () => {
    const address = `127.0.0.1:${await claimPort('127.0.0.1', 0, 'port', 'none')}`;
    const away = openSupabaseRecords({ url: `http://${address}`, serviceRoleKey: 'key' });
    await expect(away.runs.check()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining(address) as string,
    });
    await away.close();
  });

  test('a wrong key, and the anon key, are told at a start as what no waiting mends', async () => {
    const { url, anonKey } = await opened;
    for (const serviceRoleKey of [anonKey, 'rubbish']) {
      const wrong = openSupabaseRecords({ url, serviceRoleKey });
      await expect(wrong.runs.check()).rejects.toMatchObject({
        name: 'MisconfiguredError',
        message: expect.stringMatching(/^SUPABASE_SERVICE_ROLE_KEY is not the service_role key/) as string,
      });
      await wrong.close();
    }
  });

  test('a schema that is not exposed, and one that was never made, are told apart', async () => {
    const hidden = await startSupabase({ schemas: ['public'], migrated: false });
    const records = openSupabaseRecords(hidden);
    await expect(records.runs.check()).rejects.toMatchObject({
      name: 'MisconfiguredError',
      message: expect.stringContaining('exposed schemas') as string,
    });
    await records.close();
    await hidden.release();
    const empty = await startSupabase({ migrated: false });
    const early = openSupabaseRecords(empty);
    await expect(early.runs.check()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('run perdure migrate') as string,
    });
    await early.close();
    await empty.release();
  });

  test('an outage is told as such, and over once the project is back', async () => {
    const supabase = await opened;
    const store = await records;
    await supabase.stop();
    await expect(store.runs.check()).rejects.toMatchObject({ code: 'store_unavailable' });
    await supabase.start();
    await expect(store.runs.check()).resolves.toBeUndefined();
  });
});
