/** Runs again and again. */
import type {
  Schedule,
  ScheduleChangeRequest,
  ScheduleList,
  ScheduleRequest,
} from '../../contracts/schedules.js';
import { post, type Calls, type Keyed } from './calls.js';
import type { CallOptions } from './requests.js';

export interface ScheduleCalls {
  /** With a key, the same call again meets the same schedule; only then is it repeated by itself. */
  create(schedule: ScheduleRequest, options?: CallOptions & Keyed): Promise<Schedule>;
  /** The oldest first. */
  list(options?: CallOptions): Promise<ScheduleList>;
  get(id: string, options?: CallOptions): Promise<Schedule>;
  change(id: string, change: ScheduleChangeRequest, options?: CallOptions): Promise<Schedule>;
  pause(id: string, options?: CallOptions & { reason?: string | undefined }): Promise<Schedule>;
  resume(id: string, options?: CallOptions): Promise<Schedule>;
  /** Starts a run now, whatever goes on. */
  trigger(id: string, options?: CallOptions): Promise<Schedule>;
  /** Runs that it has started go on. */
  delete(id: string, options?: CallOptions): Promise<void>;
}

export function createScheduleCalls({ json, keyed, remove }: Calls): ScheduleCalls {
  return {
    create: (schedule, call = {}) => keyed('createSchedule', schedule, call),
    list: (call = {}) => json('listSchedules', call),
    get: (scheduleId, call = {}) => json('getSchedule', { ...call, parameters: { scheduleId } }),
    change: (scheduleId, change, call = {}) =>
      json('changeSchedule', { ...call, parameters: { scheduleId }, ...post(change) }),
    pause: (scheduleId, { reason, ...call } = {}) =>
      json('pauseSchedule', { ...call, parameters: { scheduleId }, ...post({ reason }) }),
    resume: (scheduleId, call = {}) =>
      json('resumeSchedule', { ...call, parameters: { scheduleId }, ...post({}) }),
    trigger: (scheduleId, call = {}) =>
      json('triggerSchedule', { ...call, parameters: { scheduleId }, ...post({}) }),
    delete: (scheduleId, call = {}) => remove('deleteSchedule', { ...call, parameters: { scheduleId } }),
  };
}
