/** Schedules in memory, with the rules of the real ones but for the starting of runs. */
import { addressOf } from '../../../contracts/api.js';
import type { Schedule } from '../../../contracts/schedules.js';
import type { Schedules } from '../../ports/schedules.js';

export interface FakeSchedules extends Schedules {
  triggered: string[];
}

export function createFakeSchedules(): FakeSchedules {
  const kept = new Map<string, { tenantId: string; requestHash: string | null; schedule: Schedule }>();
  const of = (tenantId: string): Schedule[] =>
    [...kept.values()].filter((one) => one.tenantId === tenantId).map(({ schedule }) => schedule);
  const change = (tenantId: string, id: string, part: Partial<Schedule>): Promise<boolean> => {
    const found = kept.get(id);
    if (found?.tenantId !== tenantId) return Promise.resolve(false);
    found.schedule = { ...found.schedule, ...part };
    return Promise.resolve(true);
  };
  const schedules: FakeSchedules = {
    triggered: [],
    create({ scheduleId: id, tenantId, requestHash, ...given }) {
      const before = kept.get(id);
      if (before !== undefined) return Promise.resolve({ madeBefore: { requestHash: before.requestHash } });
      const schedule: Schedule = {
        ...{ id, ...given, pauseReason: null },
        ...{ createdAt: new Date().toISOString(), updatedAt: null },
        ...{ next: [], recent: [], missed: 0, skipped: 0 },
        links: { self: addressOf('getSchedule', { scheduleId: id }) },
      };
      kept.set(id, { tenantId, requestHash, schedule });
      return Promise.resolve({ madeBefore: null });
    },
    count: (tenantId) => Promise.resolve(of(tenantId).length),
    get: (tenantId, id) => Promise.resolve(of(tenantId).find((one) => one.id === id) ?? null),
    list: (tenantId) => Promise.resolve(of(tenantId)),
    change: (tenantId, id, part) => change(tenantId, id, part as Partial<Schedule>),
    pause: (tenantId, id, reason) => change(tenantId, id, { paused: true, pauseReason: reason }),
    resume: (tenantId, id) => change(tenantId, id, { paused: false, pauseReason: null }),
    async trigger(tenantId, id) {
      const isThere = await change(tenantId, id, {});
      if (isThere) schedules.triggered.push(id);
      return isThere;
    },
    async delete(tenantId, id) {
      const isThere = await change(tenantId, id, {});
      if (isThere) kept.delete(id);
      return isThere;
    },
  };
  return schedules;
}
