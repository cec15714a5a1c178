/** Schedules on Temporal's own: what a tenant has is found by a search attribute, and known again by it. */
import {
  ScheduleAlreadyRunning,
  ScheduleClient,
  ScheduleNotFoundError,
  type Connection,
  type ScheduleDescription,
  type ScheduleHandle,
  type ScheduleOptions,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import pLimit from 'p-limit';
import { PerdureError } from '../../../contracts/errors.js';
import { searchAttributes } from '../../../contracts/messages.js';
import type { Schedule, ScheduleChange } from '../../../contracts/schedules.js';
import {
  SCHEDULED_RUN_WORKFLOW,
  scheduleIdOf,
  type ScheduledRunInput,
} from '../../../contracts/scheduled-runs.js';
import { summaryOf } from '../../../contracts/summary.js';
import type { Schedules } from '../../ports/schedules.js';
import type { Payloads } from './payloads.js';
import { shown } from './shown-schedule.js';
import { callTemporal } from './unavailable.js';

const tenant = defineSearchAttributeKey(searchAttributes.tenantId, 'KEYWORD');
/** Of one list, so that other calls get their turn. */
const AT_ONCE = 8;

export interface SchedulesOptions {
  connection: Connection;
  namespace: string;
  payloads: Payloads;
  taskQueue: string;
}

export function createSchedules({ connection, namespace, payloads, taskQueue }: SchedulesOptions): Schedules {
  const client = new ScheduleClient({ connection, namespace, dataConverter: payloads.converter });
  const call = <Value>(act: () => Promise<Value>): Promise<Value> =>
    callTemporal(connection, act).catch((error: unknown) => {
      throw refused(error);
    });
  const find = async (
    tenantId: string,
    id: string,
  ): Promise<[ScheduleHandle, ScheduleDescription] | null> => {
    try {
      const handle = client.getHandle(scheduleIdOf(id));
      const found = await handle.describe();
      return found.typedSearchAttributes.get(tenant) === tenantId ? [handle, found] : null;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    }
  };
  const idsOf = async (tenantId: string): Promise<string[]> => {
    const ids: string[] = [];
    const query = `${searchAttributes.tenantId} = ${JSON.stringify(tenantId)}`;
    for await (const { scheduleId } of client.list({ query }))
      ids.push(scheduleId.slice(scheduleIdOf('').length));
    return ids;
  };
  const using = (
    tenantId: string,
    id: string,
    act: (handle: ScheduleHandle, found: ScheduleDescription) => Promise<void>,
  ): Promise<boolean> =>
    call(async () => {
      const found = await find(tenantId, id);
      if (found === null) return false;
      try {
        await act(...found);
        return true;
      } catch (error) {
        // Somebody else has deleted it meanwhile.
        if (error instanceof ScheduleNotFoundError) return false;
        throw error;
      }
    });

  return {
    create: ({ paused, requestHash, catchUpSeconds, ...input }) =>
      call(async () => {
        payloads.belongs(scheduleIdOf(input.scheduleId), input.tenantId);
        try {
          await client.create({
            scheduleId: scheduleIdOf(input.scheduleId),
            ...optionsOf(input, catchUpSeconds, taskQueue),
            state: { paused },
            memo: { requestHash },
            typedSearchAttributes: [{ key: tenant, value: input.tenantId }],
          });
          return { madeBefore: null };
        } catch (error) {
          if (!(error instanceof ScheduleAlreadyRunning)) throw error;
          const found = await find(input.tenantId, input.scheduleId);
          const hash = found?.[1].memo?.requestHash;
          return { madeBefore: { requestHash: typeof hash === 'string' ? hash : null } };
        }
      }),

    get: (tenantId, id) =>
      call(async () => {
        const found = await find(tenantId, id);
        return found === null ? null : shown(found[1], payloads);
      }),

    count: (tenantId) => call(async () => (await idsOf(tenantId)).length),

    list: (tenantId) =>
      call(async () => {
        const found = await pLimit(AT_ONCE).map(await idsOf(tenantId), (id) => find(tenantId, id));
        const schedules = await Promise.all(
          found.flatMap((one): Promise<Schedule>[] => (one === null ? [] : [shown(one[1], payloads)])),
        );
        return schedules.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
      }),

    change: (tenantId, id, change) =>
      using(tenantId, id, (handle) => {
        payloads.belongs(scheduleIdOf(id), tenantId);
        return handle.update(({ state, policies, action }) => ({
          ...changed(action.args?.[0] as ScheduledRunInput, policies.catchupWindow, change, taskQueue),
          state,
        }));
      }),
    pause: (tenantId, id, reason) =>
      using(tenantId, id, async (handle) =>
        handle.pause(reason === null ? NO_REASON : await payloads.sealText(reason, tenantId)),
      ),
    resume: (tenantId, id) => using(tenantId, id, (handle) => handle.unpause(NO_REASON)),
    trigger: (tenantId, id) => using(tenantId, id, (handle) => handle.trigger('ALLOW_ALL')),
    delete: (tenantId, id) => using(tenantId, id, (handle) => handle.delete()),
  };
}

/** Temporal's SDK writes words of its own where it is given none. */
export const NO_REASON = ' ';

function changed(
  input: ScheduledRunInput,
  catchUpMs: number,
  { catchUpSeconds = catchUpMs / 1_000, ...change }: ScheduleChange,
  taskQueue: string,
): ReturnType<typeof optionsOf> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  return optionsOf({ ...input, ...given }, catchUpSeconds, taskQueue);
}

const optionsOf = (input: ScheduledRunInput, catchUpSeconds: number, taskQueue: string) =>
  ({
    spec: { cronExpressions: [input.cron], timezone: input.timezone },
    action: {
      type: 'startWorkflow',
      workflowType: SCHEDULED_RUN_WORKFLOW,
      workflowId: scheduleIdOf(input.scheduleId),
      taskQueue,
      args: [input],
      staticSummary: summaryOf(`schedule: ${input.name}`),
      typedSearchAttributes: [{ key: tenant, value: input.tenantId }],
    },
    policies: { overlap: overlaps[input.overlap], catchupWindow: catchUpSeconds * 1_000 },
  }) satisfies Omit<ScheduleOptions, 'scheduleId'>;

const overlaps = {
  skip: 'SKIP',
  buffer_one: 'BUFFER_ONE',
  allow_all: 'ALLOW_ALL',
  cancel_other: 'CANCEL_OTHER',
} as const;

/** What our own check of a cron expression lets through and Temporal does not: its SDK makes a TypeError of that. */
function refused(error: unknown): unknown {
  if (!(error instanceof TypeError) || error.stack?.includes('rethrowGrpcError') !== true) return error;
  const message = `is not taken by Temporal: ${error.message}`;
  return new PerdureError('invalid_request', `cron: ${message}`, {
    cause: error,
    errors: [{ field: 'cron', message }],
  });
}
