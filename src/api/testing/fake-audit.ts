/** AuditLog in memory. */
import { PerdureError } from '../../../contracts/errors.js';
import type { AuditLog, NewAuditEntry } from '../../ports/audit-log.js';

export interface FakeAudit extends AuditLog {
  /** As they were added. */
  added: NewAuditEntry[];
  /** Calls of append. */
  writes: number;
  /** Thrown by every call while set. */
  fault: Error | null;
}

export function createFakeAudit(): FakeAudit {
  const up = (): void => {
    if (log.fault !== null) throw log.fault;
  };
  const log: FakeAudit = {
    added: [],
    writes: 0,
    fault: null,
    append: async (entries) => {
      await new Promise(setImmediate);
      up();
      log.writes += 1;
      log.added.push(...entries.filter(({ id }) => !log.added.some((known) => known.id === id)));
    },
    list: (tenantId, filter, limit, cursor) =>
      Promise.resolve().then(() => {
        up();
        const { from: _from, before: _before, target, ...exact } = filter;
        const all = log.added
          .filter((entry) => entry.tenantId === tenantId)
          .filter((entry) => Object.entries(exact).every(([name, is]) => entry[name as 'subject'] === is))
          .filter((entry) => target === undefined || `${entry.target ?? ''}/`.startsWith(`${target}/`))
          .reverse();
        const start = cursor === undefined ? 0 : Number(cursor);
        if (Number.isNaN(start)) throw new PerdureError('invalid_request', 'no such cursor');
        return {
          entries: all.slice(start, start + limit).map(({ tenantId: _tenantId, ...entry }) => entry),
          nextCursor: all.length > start + limit ? String(start + limit) : null,
        };
      }),
    expire: () => Promise.resolve(0),
  };
  return log;
}
