/** A Temporal Schedule as the API answers it. */
import type { ScheduleDescription } from '@temporalio/client';
import { addressOf } from '../../../contracts/api.js';
import type { Schedule } from '../../../contracts/schedules.js';
import type { Payloads } from './payloads.js';
import { scheduledRunId, startTimeOf, type ScheduledRunInput } from '../../../contracts/scheduled-runs.js';

export async function shown(
  { action, state, policies, info }: ScheduleDescription,
  payloads: Payloads,
): Promise<Schedule> {
  const input = action.args?.[0] as ScheduledRunInput;
  const { scheduleId: id, name, cron, timezone, overlap, run } = input;
  const note = (await payloads.openText(state.note ?? '')).trim();
  return {
    ...{ id, name, cron, timezone, overlap },
    catchUpSeconds: policies.catchupWindow / 1_000,
    paused: state.paused,
    pauseReason: state.paused && note !== '' ? note : null,
    run,
    createdAt: info.createdAt.toISOString(),
    updatedAt: info.lastUpdatedAt?.toISOString() ?? null,
    next: state.paused ? [] : info.nextActionTimes.map((time) => time.toISOString()),
    recent: info.recentActions
      .flatMap(({ scheduledAt, takenAt, action: { workflow } }) => {
        const time = startTimeOf(workflow.workflowId);
        if (time === undefined) return [];
        const runId = scheduledRunId(id, time);
        return [{ scheduledAt: scheduledAt.toISOString(), startedAt: takenAt.toISOString(), runId }];
      })
      .toReversed(),
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
    links: { self: addressOf('getSchedule', { scheduleId: id }) },
  };
}
