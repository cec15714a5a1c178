/** AuditLog over the migrations' functions. */
import { z } from 'zod';
import type { AuditEntry } from '../../../contracts/audit.js';
import type { AuditLog } from '../../ports/audit-log.js';
import { decodeCursor, pageOf } from './cursor.js';
import type { SqlFunctions } from './sql-functions.js';

const placeSchema = z.tuple([z.iso.datetime(), z.uuid()]);

export function createAuditLog(sql: SqlFunctions): AuditLog {
  return {
    async append(entries) {
      await sql.call('append_audit_entries', { p_entries: entries });
    },

    async list(tenantId, filter, limit, cursor) {
      const [time, id] = cursor === undefined ? [null, null] : decodeCursor(cursor, placeSchema);
      const found = (await sql.call('list_audit_entries', {
        p_tenant_id: tenantId,
        p_filter: filter,
        p_limit: limit + 1,
        p_before_time: time,
        p_before_id: id,
      })) as AuditEntry[];
      const { items: entries, nextCursor } = pageOf(found, limit, (last) => [last.at, last.id]);
      return { entries, nextCursor };
    },

    async expire(before, limit) {
      return (await sql.call('expire_audit_entries', { p_before: before, p_limit: limit })) as number;
    },
  };
}
