/** Admission in memory, with the rules of the database's functions. */
import { PerdureError } from '../../../contracts/errors.js';
import type { Admission } from '../../ports/admission.js';

export interface FakeAdmission extends Admission {
  /** Every call throws store_unavailable while true. */
  down: boolean;
  /** What is kept for files that are being written. */
  holds: Map<string, number>;
  /** Runs that are open, by tenant. */
  places: Map<string, Set<string>>;
}

export function createFakeAdmission(): FakeAdmission {
  const stored = new Map<string, number>();
  const taken = new Map<string, number>();
  const call = <Value>(act: () => Value): Promise<Value> =>
    new Promise((resolve) => {
      if (fake.down) throw new PerdureError('store_unavailable', 'the database does not answer');
      resolve(act());
    });
  const placesOf = (tenantId: string): Set<string> => {
    const places = fake.places.get(tenantId) ?? new Set();
    fake.places.set(tenantId, places);
    return places;
  };
  const take = (tenantId: string, perMinute: number) => {
    const before = taken.get(tenantId) ?? 0;
    const allowed = before < perMinute;
    if (allowed) taken.set(tenantId, before + 1);
    return { allowed, remaining: perMinute - (taken.get(tenantId) ?? 0), resetSeconds: 42 };
  };
  const sum = (sizes: Iterable<number>): number => [...sizes].reduce((a, b) => a + b, 0);
  const fake: FakeAdmission = {
    down: false,
    holds: new Map(),
    places: new Map(),
    openRuns: (tenantId) => call(() => placesOf(tenantId).size),
    storedBytes: () => call(() => sum(stored.values())),
    recordStorage: (_tenantId, runId, bytes) => call(() => void stored.set(runId, bytes)),
    takeSubmission: (tenantId, perMinute) => call(() => take(tenantId, perMinute)),
    admitRun: (tenantId, runId, { openRuns, submissionsPerMinute }) =>
      call(() => {
        const places = placesOf(tenantId);
        if (places.has(runId)) return { refusedBy: null, openRuns: places.size, window: null };
        if (openRuns !== null && places.size >= openRuns)
          return { refusedBy: 'open_runs', openRuns: places.size, window: null };
        const window = submissionsPerMinute === null ? null : take(tenantId, submissionsPerMinute);
        if (window?.allowed === false) return { refusedBy: 'submissions', openRuns: places.size, window };
        places.add(runId);
        return { refusedBy: null, openRuns: places.size, window };
      }),
    releaseRun: (tenantId, runId) => call(() => void placesOf(tenantId).delete(runId)),
    holdStorage: (_tenantId, holdId, bytes, limit) =>
      call(() => {
        fake.holds.delete(holdId);
        const kept = Math.max(0, Math.min(bytes, limit - sum(stored.values()) - sum(fake.holds.values())));
        if (kept > 0) fake.holds.set(holdId, kept);
        return kept;
      }),
    releaseStorage: (_tenantId, holdId) => call(() => void fake.holds.delete(holdId)),
  };
  return fake;
}
