/** What every Retention must do. Its runs finished in a century of their own, for it looks at all tenants. */
import { v7 as uuid } from 'uuid';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Admission } from '../../src/ports/admission.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { ExpiredRun, Retention } from '../../src/ports/retention.js';
import type { RunStore } from '../../src/ports/run-store.js';

interface Retaining {
  retention: Retention;
  runs: RunStore;
  log: EventLog;
  admission: Admission;
}

const tenantId = 'acme';

export function retentionSuite(name: string, open: () => Promise<Retaining>): void {
  describe(`retention, ${name}`, () => {
    let records: Retaining;
    let retention: Retention;
    beforeAll(async () => {
      records = await open();
      retention = records.retention;
    }, 120_000);

    /** @param finishedAt null for a run that goes on */
    async function create(finishedAt: string | null): Promise<string> {
      const id = uuid();
      const at = finishedAt ?? '1920-01-01T00:00:00.000Z';
      await records.runs.createRun({
        ...{ id, tenantId, goal: 'a goal', agent: 'default', metadata: {}, requestHash: null, createdAt: at },
      });
      await records.log.append(id, [{ type: 'run.started', key: 'run.started', at, data: {} }]);
      if (finishedAt !== null)
        await records.log.append(id, [{ type: 'run.completed', key: 'run.end', at, data: { result: 1 } }]);
      return id;
    }

    test('runs at their end are listed oldest first, page by page, before a moment', async () => {
      const day = (d: number): string => `1920-02-0${d}T00:00:00.123Z`;
      await create(null);
      const ids: string[] = [];
      for (const d of [1, 2, 2, 2, 3]) ids.push(await create(day(d)));
      const found: ExpiredRun[] = [];
      for (let after: ExpiredRun | undefined; ;) {
        const page = await retention.expiredRuns(day(3), 3, after);
        found.push(...page);
        after = page.at(-1);
        if (after === undefined) break;
      }
      expect(found.map((r) => r.runId)).toEqual(ids.slice(0, 4));
      expect(found[0]?.tenantId).toBe(tenantId);
      for (const { runId } of found) expect(await retention.deleteRun(tenantId, runId)).toBe(true);
    });

    test('a run goes with its events and counts; an open one, and another’s, stays', async () => {
      const id = await create('1920-03-01T00:00:00.000Z');
      const before = await records.admission.storedBytes(tenantId);
      await records.admission.recordStorage(tenantId, id, 10);
      expect(await retention.deleteRun('another', id)).toBe(false);
      expect(await retention.deleteRun(tenantId, id)).toBe(true);
      expect(await retention.deleteRun(tenantId, id)).toBe(false);
      expect(await records.runs.getRun(tenantId, id)).toBeNull();
      expect(await records.log.read(id, 0, 10)).toEqual([]);
      expect(await records.admission.storedBytes(tenantId)).toBe(before);
      const open = await create(null);
      expect(await retention.deleteRun(tenantId, open)).toBe(false);
    });

    test('events are trimmed some runs at a time, and the records stay', async () => {
      const moment = '1921-01-01T00:00:00.000Z';
      const old = [
        await create('1920-12-01T00:00:00.000Z'),
        await create('1920-12-02T00:00:00.000Z'),
        await create('1920-12-03T00:00:00.000Z'),
      ];
      const open = await create(null);
      const young = await create('1921-06-01T00:00:00.000Z');
      const counts: number[] = [];
      for (let n = 1; n > 0; counts.push(n)) n = await retention.trimEvents(moment, 2);
      expect(counts.reduce((sum, n) => sum + n)).toBeGreaterThanOrEqual(3);
      expect(Math.max(...counts)).toBeLessThanOrEqual(2);
      for (const id of old) {
        expect(await records.runs.getRun(tenantId, id)).toMatchObject({ status: 'completed', lastSeq: 3 });
        await expect(records.log.read(id, 0, 10)).rejects.toMatchObject({ code: 'events_expired' });
        // Whoever has read to the end misses nothing.
        expect(await records.log.read(id, 3, 10)).toEqual([]);
        expect(
          await records.log.append(id, [{ type: 'run.started', key: 'late', at: moment, data: {} }]),
        ).toEqual([]);
      }
      for (const id of [open, young]) expect(await records.log.read(id, 0, 10)).not.toEqual([]);
    });
  });
}
