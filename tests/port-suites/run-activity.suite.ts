/** What every RunActivity must do. Its runs ended in a century of their own, for it looks at all tenants. */
import { v7 as uuid } from 'uuid';
import { beforeAll, describe, expect, test } from 'vitest';
import type { NewEvent } from '../../contracts/events.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { RunActivity } from '../../src/ports/run-activity.js';
import type { RunStore } from '../../src/ports/run-store.js';

interface Active {
  activity: RunActivity;
  runs: RunStore;
  log: EventLog;
}

const at = (minute: number, second = 0): string =>
  new Date(Date.UTC(2131, 0, 1, 10, minute, second)).toISOString();

export function runActivitySuite(name: string, open: () => Promise<Active>): void {
  describe(`how runs have ended, ${name}`, () => {
    let records: Active;
    beforeAll(async () => {
      records = await open();
    }, 120_000);

    /** @param started null where no worker has ever begun it */
    async function ended(created: string, started: string | null, end: NewEvent): Promise<void> {
      const id = uuid();
      await records.runs.createRun({
        ...{ id, tenantId: `t-${uuid()}`, goal: 'g', agent: 'default', metadata: {}, requestHash: null },
        createdAt: created,
      });
      if (started !== null)
        await records.log.append(id, [{ type: 'run.started', key: 'start', at: started, data: {} }]);
      await records.log.append(id, [end]);
    }
    const completed = (when: string): NewEvent => ({
      ...{ type: 'run.completed', key: 'end', at: when, data: { result: null } },
    });

    test('they are counted and timed by the period of their end, whosesoever they are', async () => {
      for (const seconds of [10, 20, 40]) await ended(at(0), at(0, seconds), completed(at(1, seconds)));
      const error = { code: 'tool_failed', message: 'why', retryable: false } as const;
      await ended(at(2), at(2, 1), { type: 'run.failed', key: 'end', at: at(3, 59), data: { error } });
      await ended(at(3), null, { type: 'run.cancelled', key: 'end', at: at(3, 1), data: {} });
      expect(await records.activity.endedRuns(at(1), 60)).toEqual([
        {
          ...{ period: 0, completed: 3, failed: 0, cancelled: 0 },
          ...{ startP50Ms: 20_000, startP95Ms: 38_000, tookP50Ms: 80_000, tookP95Ms: 98_000 },
        },
        {
          ...{ period: 2, completed: 0, failed: 1, cancelled: 1 },
          ...{ startP50Ms: 1_000, startP95Ms: 1_000, tookP50Ms: 60_000, tookP95Ms: 113_100 },
        },
      ]);
      expect(await records.activity.endedRuns(at(4), 60)).toEqual([]);
    });
  });
}
