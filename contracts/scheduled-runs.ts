/** Names and shapes of the workflow that a schedule starts, and the id of the run that it brings. */
import type { AgentRunInput } from './messages.js';
import type { ScheduledRun } from './runs.js';
import type { OverlapPolicy } from './statuses.js';

export const SCHEDULED_RUN_WORKFLOW = 'scheduledRun';

export const scheduleIdOf = (id: string): string => `schedule-${id}`;

/** What a schedule hands to each start, and what it knows of itself. */
export interface ScheduledRunInput {
  scheduleId: string;
  tenantId: string;
  name: string;
  cron: string;
  timezone: string;
  overlap: OverlapPolicy;
  run: ScheduledRun;
}

/** Temporal names what a schedule starts by the schedule and the time, in whole seconds. */
export const startTimeOf = (workflowId: string): string | undefined =>
  /-(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/.exec(workflowId)?.[1];

/**
 * The run of this schedule and time: whoever knows both knows its id. As of UUID version 7 (RFC 9562), the time first;
 * in place of chance stands what is the schedule's own.
 */
export function scheduledRunId(scheduleId: string, time: string): string {
  const stamp = Date.parse(time).toString(16).padStart(12, '0');
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-7${scheduleId.slice(15)}`;
}

export interface PreparedRun {
  input: AgentRunInput;
  fairnessKey: string;
}

export interface ScheduledRunActivities {
  /** @throws ApplicationFailure `run_limit_reached`, `rate_limited` */
  prepareScheduledRun(
    input: ScheduledRunInput & { runId: string; scheduledAt: string },
  ): Promise<PreparedRun>;
}
