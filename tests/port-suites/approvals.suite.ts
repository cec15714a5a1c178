/** What every ApprovalStore must do; its rows come from the event log's append. */
import { beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuid } from 'uuid';
import type { NewEvent } from '../../contracts/events.js';
import type { ApprovalStore } from '../../src/ports/approval-store.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { RunStore } from '../../src/ports/run-store.js';

interface Stores {
  runs: RunStore;
  log: EventLog;
  approvals: ApprovalStore;
}

const at = '2026-01-02T03:04:05.678Z';
const asked = (n: number): NewEvent => ({
  type: 'approval.requested',
  key: `asked/${n}`,
  at,
  stepId: `s${n}`,
  data: {
    ...{
      approvalId: `step-s${n}`,
      kind: 'step',
      reason: 'step',
      tool: 'echo',
      args: { n },
      argsHash: `h${n}`,
    },
    expiresAt: '2026-01-03T03:04:05.678Z',
  },
});
const decided = (n: number): NewEvent => ({
  type: 'approval.decided',
  key: `decided/${n}`,
  at,
  stepId: `s${n}`,
  data: { approvalId: `step-s${n}`, decision: 'approved', by: 'ann' },
});

export function approvalsSuite(name: string, open: () => Promise<Stores>): void {
  describe(`approvals, ${name}`, () => {
    let stores: Stores;
    beforeAll(async () => {
      stores = await open();
    }, 120_000);

    async function create(tenantId: string, ...events: NewEvent[]): Promise<string> {
      const id = uuid();
      await stores.runs.createRun({
        ...{ id, tenantId, goal: 'g', agent: 'default', metadata: {}, requestHash: null, createdAt: at },
      });
      await stores.log.append(id, [{ type: 'run.started', key: 'run.started', at, data: {} }, ...events]);
      return id;
    }
    const statusOf = async (tenantId: string, id: string) =>
      (await stores.runs.findRun(tenantId, id))?.status;

    test('what is asked is found, by its own tenant only, and the run waits', async () => {
      const tenantId = uuid();
      const runId = await create(tenantId, asked(1));
      expect(await stores.approvals.find(tenantId, runId, 'step-s1')).toEqual({
        ...{ id: 'step-s1', runId, kind: 'step', status: 'pending', stepId: 's1', tool: 'echo', title: null },
        ...{
          args: { n: 1 },
          argsHash: 'h1',
          note: null,
          requestedAt: at,
          expiresAt: '2026-01-03T03:04:05.678Z',
        },
        ...{ decidedAt: null, decidedBy: null },
      });
      expect(await stores.approvals.find('other', runId, 'step-s1')).toBeNull();
      expect(await stores.approvals.find(tenantId, runId, 'step-s2')).toBeNull();
      expect((await stores.approvals.list('other', { runId }, 10)).approvals).toEqual([]);
      expect(await statusOf(tenantId, runId)).toBe('waiting');
    });

    test('the run goes on with the last word; a pause stays, and an end closes what is open', async () => {
      const tenantId = uuid();
      const runId = await create(tenantId, asked(1), asked(2));
      await stores.log.append(runId, [decided(1)]);
      expect(await statusOf(tenantId, runId)).toBe('waiting');
      await stores.log.append(runId, [{ type: 'run.paused', key: 'p', at, data: {} }, decided(2), asked(3)]);
      expect(await statusOf(tenantId, runId)).toBe('paused');
      await stores.log.append(runId, [{ type: 'run.resumed', key: 'r', at, data: {} }]);
      expect(await statusOf(tenantId, runId)).toBe('waiting');
      await stores.log.append(runId, [{ type: 'run.cancelled', key: 'end', at, data: {} }]);
      const { approvals } = await stores.approvals.list(tenantId, { runId }, 10);
      expect(approvals.map(({ id, status, decidedBy }) => [id, status, decidedBy])).toEqual([
        ['step-s1', 'approved', 'ann'],
        ['step-s2', 'approved', 'ann'],
        ['step-s3', 'closed', null],
      ]);
    });

    test('pages follow each other without gap, by status too', async () => {
      const tenantId = uuid();
      for (let i = 0; i < 3; i += 1) await create(tenantId, asked(1), asked(2), decided(2));
      for (const [filter, count] of [
        [{}, 6],
        [{ status: 'pending' }, 3],
      ] as const) {
        const seen: string[] = [];
        for (let cursor: string | undefined; ;) {
          const page = await stores.approvals.list(tenantId, filter, 2, cursor);
          seen.push(...page.approvals.map(({ runId, id }) => `${runId}/${id}`));
          if (page.nextCursor === null) break;
          cursor = page.nextCursor;
        }
        expect(new Set(seen).size).toBe(count);
        expect(seen).toHaveLength(count);
      }
      await expect(stores.approvals.list(tenantId, {}, 2, 'rubbish')).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });
  });
}
