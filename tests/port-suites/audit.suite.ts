/** What every AuditLog must do. */
import { v7 as uuid } from 'uuid';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AuditFilter } from '../../contracts/audit.js';
import type { AuditLog, NewAuditEntry } from '../../src/ports/audit-log.js';

const entry = (tenantId: string, change: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  id: uuid(),
  at: '2026-01-02T03:04:05.678Z',
  tenantId,
  subject: 'user:ann',
  address: '203.0.113.7',
  action: 'cancelRun',
  target: 'runs/1',
  outcome: 'ok',
  requestId: 'r-1',
  ...change,
});
const shown = ({ tenantId: _tenantId, ...rest }: NewAuditEntry) => rest;

export function auditSuite(name: string, open: () => Promise<{ audit: AuditLog }>): void {
  describe(`the audit log, ${name}`, () => {
    let audit: AuditLog;
    beforeAll(async () => {
      ({ audit } = await open());
    }, 120_000);

    test('what is added is read as it was, by its own tenant only', async () => {
      const tenantId = uuid();
      const full = entry(tenantId);
      const bare = entry(tenantId, {
        ...{ at: '2026-01-02T03:04:05.679Z', address: null, target: null, requestId: null },
      });
      await audit.append([full, bare]);
      expect(await audit.list(tenantId, {}, 10)).toEqual({
        entries: [shown(bare), shown(full)],
        nextCursor: null,
      });
      expect(await audit.list('another', { target: 'runs/1', subject: 'user:ann' }, 10)).toMatchObject({
        entries: [],
      });
    });

    test('added again, by a writer that has lost the answer, it is there once and as it was', async () => {
      const tenantId = uuid();
      const first = entry(tenantId);
      await audit.append([first]);
      await audit.append([
        { ...first, outcome: 'forged' },
        entry(tenantId, { id: first.id }),
        entry(tenantId),
      ]);
      const { entries } = await audit.list(tenantId, {}, 10);
      expect(entries).toHaveLength(2);
      expect(entries.find(({ id }) => id === first.id)).toEqual(shown(first));
    });

    test('pages follow each other without gap where all have one time', async () => {
      const tenantId = uuid();
      const all = Array.from({ length: 7 }, () => entry(tenantId));
      await audit.append(all);
      const seen: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await audit.list(tenantId, {}, 3, cursor);
        seen.push(...page.entries.map(({ id }) => id));
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(all.map(({ id }) => id).reverse());
      await expect(audit.list(tenantId, {}, 3, 'rubbish')).rejects.toMatchObject({ code: 'invalid_request' });
    });

    test('every filter holds, and what lies beneath a target belongs to it', async () => {
      const tenantId = uuid();
      await audit.append([
        entry(tenantId, { at: '2026-02-01T00:00:00.000Z', target: 'runs/1' }),
        entry(tenantId, { at: '2026-02-02T00:00:00.000Z', target: 'runs/1/files/a.txt', action: 'putFile' }),
        entry(tenantId, { at: '2026-02-03T00:00:00.000Z', target: 'runs/10', subject: 'key:k' }),
        entry(tenantId, { at: '2026-02-04T00:00:00.000Z', target: null, outcome: 'rate_limited' }),
      ]);
      const days = async (filter: AuditFilter) =>
        (await audit.list(tenantId, filter, 10)).entries.map(({ at }) => Number(at.slice(8, 10)));
      expect(await days({})).toEqual([4, 3, 2, 1]);
      expect(await days({ target: 'runs/1' })).toEqual([2, 1]);
      expect(await days({ target: 'runs/%' })).toEqual([]);
      expect(await days({ subject: 'key:k' })).toEqual([3]);
      expect(await days({ action: 'putFile' })).toEqual([2]);
      expect(await days({ outcome: 'rate_limited' })).toEqual([4]);
      expect(await days({ from: '2026-02-02T00:00:00.000Z', before: '2026-02-04T00:00:00.000Z' })).toEqual([
        3, 2,
      ]);
      expect(await days({ outcome: 'ok', target: 'runs/10', action: 'putFile' })).toEqual([]);
    });

    test('nothing that is young is deleted, whatever the moment and its own time', async () => {
      const tenantId = uuid();
      await audit.append([entry(tenantId, { at: '1990-01-01T00:00:00.000Z' })]);
      await audit.expire('2999-01-01T00:00:00.000Z', 1_000);
      expect((await audit.list(tenantId, {}, 10)).entries).toHaveLength(1);
    });
  });
}
