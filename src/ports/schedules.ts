/** Schedules, kept by the durable engine. An id of another tenant's is answered as one that nobody has. */
import type { Schedule, ScheduleChange } from '../../contracts/schedules.js';
import type { ScheduledRunInput } from '../../contracts/scheduled-runs.js';

export interface NewSchedule extends ScheduledRunInput {
  catchUpSeconds: number;
  paused: boolean;
  /** Of the request, where a repeat is to be told from another; null where it is not. */
  requestHash: string | null;
}

/** Every method throws PerdureError `temporal_unavailable`. */
export interface Schedules {
  /**
   * @returns the hash of the request that had made it before; null when it was made now
   * @throws PerdureError `invalid_request` for a cron expression that the engine does not take
   */
  create(schedule: NewSchedule): Promise<{ madeBefore: { requestHash: string | null } | null }>;
  count(tenantId: string): Promise<number>;
  get(tenantId: string, id: string): Promise<Schedule | null>;
  /** The oldest first. */
  list(tenantId: string): Promise<Schedule[]>;
  /** The following return false where there is none. */
  change(tenantId: string, id: string, change: ScheduleChange): Promise<boolean>;
  pause(tenantId: string, id: string, reason: string | null): Promise<boolean>;
  resume(tenantId: string, id: string): Promise<boolean>;
  /** Starts a run at once, whatever goes on, and whether it is paused or not. */
  trigger(tenantId: string, id: string): Promise<boolean>;
  delete(tenantId: string, id: string): Promise<boolean>;
}
