/** ApprovalStore over the migrations' functions. */
import { z } from 'zod';
import type { Approval } from '../../../contracts/approvals.js';
import type { ApprovalStore } from '../../ports/approval-store.js';
import { decodeCursor, pageOf } from './cursor.js';
import type { SqlFunctions } from './sql-functions.js';

const placeSchema = z.tuple([z.iso.datetime(), z.uuid(), z.string().max(100)]);

export function createApprovalStore(sql: SqlFunctions): ApprovalStore {
  return {
    async list(tenantId, filter, limit, cursor) {
      const [time, run, id] = cursor === undefined ? [null, null, null] : decodeCursor(cursor, placeSchema);
      const found = (await sql.call('list_approvals', {
        p_tenant_id: tenantId,
        p_filter: filter,
        p_limit: limit + 1,
        p_after_time: time,
        p_after_run: run,
        p_after_id: id,
      })) as Approval[];
      const place = (last: Approval): string[] => [last.requestedAt, last.runId, last.id];
      const { items: approvals, nextCursor } = pageOf(found, limit, place);
      return { approvals, nextCursor };
    },

    async find(tenantId, runId, approvalId) {
      const args = { p_tenant_id: tenantId, p_run_id: runId, p_approval_id: approvalId };
      return (await sql.call('find_approval', args)) as Approval | null;
    },
  };
}
