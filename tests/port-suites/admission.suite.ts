/** What every Admission must do: counts that hold for all API processes at once. */
import { v7 as uuid } from 'uuid';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Admission } from '../../src/ports/admission.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { RunStore } from '../../src/ports/run-store.js';

interface Admitting {
  admission: Admission;
  runs: RunStore;
  log: EventLog;
}

const at = '2026-01-02T03:04:05.678Z';

export function admissionSuite(name: string, open: () => Promise<Admitting>): void {
  describe(`admission, ${name}`, () => {
    let records: Admitting;
    let admission: Admission;
    beforeAll(async () => {
      records = await open();
      admission = records.admission;
    }, 120_000);

    const create = async (tenantId: string): Promise<string> => {
      const id = uuid();
      await records.runs.createRun({
        ...{ id, tenantId, goal: 'a goal', agent: 'default', metadata: {}, requestHash: null, createdAt: at },
      });
      return id;
    };

    test('a run is open until its end', async () => {
      const tenantId = `tenant-${uuid()}`;
      expect(await admission.openRuns(tenantId)).toBe(0);
      await create(tenantId);
      const id = await create(tenantId);
      await records.log.append(id, [{ type: 'run.started', key: 'run.started', at, data: {} }]);
      expect(await admission.openRuns(tenantId)).toBe(2);
      await records.log.append(id, [{ type: 'run.cancelled', key: 'run.end', at, data: {} }]);
      expect(await admission.openRuns(tenantId)).toBe(1);
    });

    test('storage is what was last recorded of each run, and one tenant’s alone', async () => {
      const tenantId = `tenant-${uuid()}`;
      const [a, b] = [await create(tenantId), await create(tenantId)];
      await admission.recordStorage(tenantId, a, 5);
      await admission.recordStorage(tenantId, a, 9_000_000_000_000);
      await admission.recordStorage(tenantId, b, 1);
      expect(await admission.storedBytes(tenantId)).toBe(9_000_000_000_001);
      await admission.recordStorage(tenantId, a, 0);
      expect(await admission.storedBytes(tenantId)).toBe(1);
      // Of another's run, and of one that has no record.
      await admission.recordStorage('another', b, 0);
      await admission.recordStorage('another', b, 7);
      await admission.recordStorage(tenantId, uuid(), 7);
      expect(await admission.storedBytes(tenantId)).toBe(1);
      expect(await admission.storedBytes('another')).toBe(0);
    });

    test('of many submissions at once, as many are taken as the limit says', async () => {
      const tenantId = `tenant-${uuid()}`;
      const windows = await Promise.all(
        Array.from({ length: 20 }, () => admission.takeSubmission(tenantId, 8)),
      );
      expect(windows.filter((w) => w.allowed)).toHaveLength(8);
      const left = windows.filter((w) => w.allowed).map((w) => w.remaining);
      expect(left.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      for (const { resetSeconds, ...w } of windows.filter((x) => !x.allowed)) {
        expect(w).toEqual({ allowed: false, remaining: 0 });
        expect(resetSeconds).toBeGreaterThan(0);
        expect(resetSeconds).toBeLessThanOrEqual(60);
      }
      // Another tenant is not touched, and a raised limit holds at once.
      expect(await admission.takeSubmission(`${tenantId}0`, 8)).toMatchObject({
        allowed: true,
        remaining: 7,
      });
      expect(await admission.takeSubmission(tenantId, 10 ** 12)).toMatchObject({ allowed: true });
    });
  });
}
