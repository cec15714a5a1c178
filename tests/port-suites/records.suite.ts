/** What every RunStore with its EventLog must do. They share a database, so they are tested as a pair. */
import { beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuid } from 'uuid';
import type { NewEvent, RunEvent } from '../../contracts/events.js';
import { queuedRecord, type NewRun } from '../../contracts/runs.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { RunStore } from '../../src/ports/run-store.js';

interface RunRecords {
  runs: RunStore;
  log: EventLog;
}

const at = '2026-01-02T03:04:05.678Z';
const newRun = (change: Partial<NewRun> = {}): NewRun => ({
  id: uuid(),
  tenantId: 'acme',
  goal: 'a goal',
  agent: 'default',
  metadata: {},
  requestHash: 'hash',
  createdAt: at,
  ...change,
});
const started: NewEvent = { type: 'run.started', key: 'run.started', at, data: {} };
const retrying = (key: string, message = 'why'): NewEvent => ({
  type: 'step.retrying',
  key,
  at,
  stepId: 'a',
  attempt: 1,
  data: { error: { code: 'tool_failed', message, retryable: true }, nextAttempt: 2 },
});
const completed: NewEvent = { type: 'run.completed', key: 'run.end', at, data: { result: { n: 1 } } };
const seqs = (events: readonly RunEvent[]): number[] => events.map((e) => e.seq);

export function recordsSuite(name: string, open: () => Promise<RunRecords>): void {
  describe(`run store and event log, ${name}`, () => {
    let records: RunRecords;
    beforeAll(async () => {
      records = await open();
    }, 120_000);

    const create = async (change: Partial<NewRun> = {}): Promise<NewRun> => {
      const run = newRun(change);
      await records.runs.createRun(run);
      return run;
    };

    test('a new run is queued and has its first event', async () => {
      const run = newRun({ metadata: { team: 'blue' } });
      const record = await records.runs.createRun(run);
      expect(record).toEqual({ ...queuedRecord(run), lastSeq: 1 });
      expect(await records.log.read(run.id, 0, 10)).toEqual([
        { type: 'run.queued', seq: 1, runId: run.id, at, goal: 'a goal' },
      ]);
    });

    test('creating a run again returns the one that is there', async () => {
      const run = await create();
      await records.log.append(run.id, [started]);
      const again = await records.runs.createRun({ ...run, goal: 'another', requestHash: 'other' });
      expect(again).toMatchObject({ goal: 'a goal', requestHash: 'hash', status: 'running', lastSeq: 2 });
    });

    test('how a run’s webhook was told is added to its record, and to no other', async () => {
      const url = 'https://app.example.com/hook?key=1';
      const run = await create({ webhook: { url } });
      const told = { url, state: 'waiting', attempts: 0, lastAttemptAt: null, lastError: null } as const;
      expect((await records.runs.findRun('acme', run.id))?.webhook).toEqual(told);
      const note = { state: 'delivering', attempts: 1, lastAttemptAt: at, lastError: 'HTTP 500' } as const;
      await records.runs.noteWebhook('acme', run.id, note);
      await records.runs.noteWebhook('acme', run.id, { state: 'undelivered' });
      expect((await records.runs.getRun('acme', run.id))?.webhook).toEqual({
        ...{ ...told, ...note },
        state: 'undelivered',
      });
      const without = await create();
      for (const [tenant, id] of [
        ['other', run.id],
        ['acme', without.id],
        ['acme', uuid()],
      ] as const)
        await expect(records.runs.noteWebhook(tenant, id, note)).rejects.toMatchObject({
          code: 'run_not_found',
        });
    });

    test('another tenant’s id looks like an unknown one', async () => {
      const run = await create();
      expect(await records.runs.getRun('other', run.id)).toBeNull();
      expect(await records.runs.getRun('acme', uuid())).toBeNull();
      await expect(records.runs.createRun({ ...run, tenantId: 'other' })).rejects.toMatchObject({
        code: 'run_not_found',
      });
    });

    test('appends are numbered without gaps, and a known key is stored once', async () => {
      const run = await create();
      const first = await records.log.append(run.id, [started, retrying('k1')]);
      expect(first.map((e) => [e.key, e.inserted, e.event.seq])).toEqual([
        ['run.started', true, 2],
        ['k1', true, 3],
      ]);
      const second = await records.log.append(run.id, [retrying('k1', 'changed'), retrying('k2')]);
      expect(second.map((e) => [e.key, e.inserted, e.event.seq])).toEqual([
        ['k1', false, 3],
        ['k2', true, 4],
      ]);
      expect(second[0]?.event).toEqual(first[1]?.event);
      expect(seqs(await records.log.read(run.id, 0, 10))).toEqual([1, 2, 3, 4]);
    });

    test('one append with a key twice stores it once', async () => {
      const run = await create();
      const rows = await records.log.append(run.id, [retrying('k'), retrying('k')]);
      expect(rows.map((e) => [e.inserted, e.event.seq])).toEqual([
        [true, 2],
        [false, 2],
      ]);
    });

    test('appends side by side leave no gap and no duplicate', async () => {
      const run = await create();
      await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          records.log.append(run.id, [retrying(`shared-${i % 10}`), retrying(`own-${i}`)]),
        ),
      );
      const events = await records.log.read(run.id, 0, 100);
      expect(seqs(events)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
      expect((await records.runs.getRun('acme', run.id))?.lastSeq).toBe(51);
    });

    test('the record is never behind the log', async () => {
      const run = await create();
      const plan = { steps: [{ id: 'a', tool: 'echo', args: {} }] };
      await records.log.append(run.id, [
        started,
        { type: 'plan.created', key: 'plan-1', at, data: { plan, version: 1 } },
      ]);
      expect(await records.runs.getRun('acme', run.id)).toMatchObject({
        status: 'running',
        startedAt: at,
        plan,
      });
      await records.log.append(run.id, [
        {
          type: 'step.completed',
          key: 'a/1/end',
          at,
          stepId: 'a',
          attempt: 1,
          data: { output: { value: [1] }, durationMs: 3 },
        },
        completed,
      ]);
      expect(await records.runs.getRun('acme', run.id)).toMatchObject({
        status: 'completed',
        result: { n: 1 },
        finishedAt: at,
        usage: { steps: 1 },
        lastSeq: 5,
      });
    });

    test('failed and cancelled runs say so', async () => {
      const failed = await create();
      const error = { code: 'step_failed', message: 'a failed', retryable: false } as const;
      await records.log.append(failed.id, [{ type: 'run.failed', key: 'run.end', at, data: { error } }]);
      expect(await records.runs.getRun('acme', failed.id)).toMatchObject({ status: 'failed', error });
      const cancelled = await create();
      await records.log.append(cancelled.id, [{ type: 'run.cancelled', key: 'run.end', at, data: {} }]);
      expect(await records.runs.getRun('acme', cancelled.id)).toMatchObject({
        status: 'cancelled',
        finishedAt: at,
      });
    });

    test('nothing follows the terminal event', async () => {
      const run = await create();
      const rows = await records.log.append(run.id, [completed, retrying('late')]);
      expect(rows.map((e) => e.key)).toEqual(['run.end']);
      expect(await records.log.append(run.id, [retrying('later'), completed])).toMatchObject([
        { key: 'run.end', inserted: false },
      ]);
      expect(seqs(await records.log.read(run.id, 0, 10))).toEqual([1, 2]);
    });

    test('a step that has its end is begun no more', async () => {
      const run = await create();
      const step = (type: 'step.started' | 'step.failed', key: string, attempt: number): NewEvent =>
        ({
          type,
          key,
          at,
          stepId: 'a',
          attempt,
          data: type === 'step.started' ? { tool: 'echo' } : { error },
        }) as NewEvent;
      const error = { code: 'tool_failed', message: 'no', retryable: false };
      await records.log.append(run.id, [step('step.started', 'step/a/started/1', 1)]);
      await records.log.append(run.id, [step('step.started', 'step/a/started/2', 2)]);
      await records.log.append(run.id, [step('step.failed', 'step/a/end', 1)]);
      await expect(
        records.log.append(run.id, [step('step.started', 'step/a/started/3', 3)]),
      ).rejects.toMatchObject({ code: 'step_closed', retryable: true });
      // One that is sent again has been stored before.
      const [again] = await records.log.append(run.id, [step('step.started', 'step/a/started/2', 2)]);
      expect(again?.inserted).toBe(false);
      expect((await records.log.read(run.id, 0, 10)).map(({ type }) => type)).toEqual([
        ...['run.queued', 'step.started', 'step.started', 'step.failed'],
      ]);
    });

    test('events come in pages after a seq, and by key', async () => {
      const run = await create();
      await records.log.append(
        run.id,
        Array.from({ length: 9 }, (_, i) => retrying(`k${i}`)),
      );
      expect(seqs(await records.log.read(run.id, 4, 3))).toEqual([5, 6, 7]);
      expect(await records.log.read(run.id, 10, 3)).toEqual([]);
      const found = await records.log.find(run.id, ['k3', 'k0', 'nothing']);
      expect(seqs(found).sort()).toEqual([2, 5]);
      expect(found[0]).toMatchObject({ stepId: 'a', attempt: 1, nextAttempt: 2 });
    });

    test('text that a database may refuse is kept as far as it can be', async () => {
      const run = await create({ goal: 'nul \0 and half a pair \ud800 and \\u0000 as text' });
      const message = 'a\0\0b \udc00 \\\0 😀 \\u0000 "quoted"';
      await records.log.append(run.id, [retrying('k', message)]);
      const [queued, event] = await records.log.read(run.id, 0, 10);
      expect(queued).toMatchObject({ goal: 'nul \ufffd and half a pair \ufffd and \\u0000 as text' });
      expect(event).toMatchObject({
        error: { message: 'a\ufffd\ufffdb \ufffd \\\ufffd 😀 \\u0000 "quoted"' },
      });
    });

    test('an append to an unknown run is refused', async () => {
      await expect(records.log.append(uuid(), [started])).rejects.toMatchObject({ code: 'run_not_found' });
    });

    test('runs are listed newest first, by tenant, filter and page', async () => {
      const tenantId = `t-${uuid()}`;
      const day = (d: number): string => `2026-02-${String(d).padStart(2, '0')}T00:00:00.000Z`;
      for (let d = 1; d <= 7; d++)
        await create({
          tenantId,
          createdAt: day(d),
          goal: `day ${d}`,
          metadata: { parity: d % 2 === 0 ? 'even' : 'odd' },
        });
      const twin = await create({ tenantId, createdAt: day(7), goal: 'day 7 again', agent: 'other' });
      await records.log.append(twin.id, [started]);
      const goals = async (filter: object, limit = 50): Promise<string[]> =>
        (await records.runs.listRuns(tenantId, filter, limit)).runs.map((r) => r.goal);

      const paged: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await records.runs.listRuns(tenantId, {}, 3, cursor);
        paged.push(...page.runs.map((r) => r.goal));
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      expect(paged).toEqual(await goals({}));
      expect(paged).toHaveLength(8);
      expect(paged.slice(2)).toEqual(['day 6', 'day 5', 'day 4', 'day 3', 'day 2', 'day 1']);
      expect(await goals({ status: ['running'] })).toEqual(['day 7 again']);
      expect(await goals({ status: ['running', 'queued'] })).toEqual(await goals({}));
      expect(await goals({ status: ['queued', 'failed', 'queued'] }, 2)).toEqual(
        (await goals({})).filter((goal) => goal !== 'day 7 again').slice(0, 2),
      );
      const some = { status: ['running', 'queued'], metadata: { parity: 'even' }, createdBefore: day(5) };
      expect(await goals(some)).toEqual(['day 4', 'day 2']);
      const first = await records.runs.listRuns(tenantId, { status: ['running', 'queued'] }, 3);
      const rest = await records.runs.listRuns(
        tenantId,
        { status: ['running', 'queued'] },
        50,
        first.nextCursor ?? '',
      );
      expect([...first.runs, ...rest.runs].map((r) => r.goal)).toEqual(await goals({}));
      expect(await goals({ agent: 'other' })).toEqual(['day 7 again']);
      expect(await goals({ metadata: { parity: 'even' } })).toEqual(['day 6', 'day 4', 'day 2']);
      expect(await goals({ createdAfter: day(2), createdBefore: day(5) })).toEqual(['day 4', 'day 3']);
      expect((await records.runs.listRuns('nobody', {}, 5)).runs).toEqual([]);
    });

    test('runs are counted by status and period, of one tenant, and as a list filters them', async () => {
      const tenantId = `t-${uuid()}`;
      const hour = (h: number): string => `2026-03-01T${String(h).padStart(2, '0')}:30:00.000Z`;
      for (const [h, agent, team] of [
        [1, 'default', 'blue'],
        [2, 'default', 'blue'],
        [2, 'other', 'red'],
        [5, 'other', 'blue'],
      ] as const) {
        const { id } = await create({ tenantId, createdAt: hour(h), agent, metadata: { team } });
        if (h === 2) await records.log.append(id, [started, completed]);
      }
      await create({ tenantId: 'another', createdAt: hour(2) });
      const counted = async (filter: object): Promise<string[]> =>
        (await records.runs.countRuns(tenantId, filter, { from: '2026-03-01T02:00:00.000Z', seconds: 3_600 }))
          .map(({ status, period, runs }) => `${period}: ${runs} ${status}`)
          .toSorted();
      expect(await counted({})).toEqual(['0: 2 completed', '3: 1 queued', 'null: 1 queued']);
      expect(await counted({ agent: 'other' })).toEqual(['0: 1 completed', '3: 1 queued']);
      expect(await counted({ metadata: { team: 'blue' }, createdBefore: hour(5) })).toEqual([
        '0: 1 completed',
        'null: 1 queued',
      ]);
      expect(await counted({ createdAfter: hour(2) })).toEqual(['3: 1 queued']);
      expect(await counted({ agent: "'; drop table runs; --" })).toEqual([]);
    });

    test.each(['nonsense', Buffer.from('["x"]').toString('base64url'), "'; drop table runs; --"])(
      'a cursor that was never given is refused: %s',
      async (cursor) => {
        await expect(records.runs.listRuns('acme', {}, 5, cursor)).rejects.toMatchObject({
          code: 'invalid_request',
        });
      },
    );

    test('the schema is the one this build needs', async () => {
      await expect(records.runs.check()).resolves.toBeUndefined();
    });
  });
}
