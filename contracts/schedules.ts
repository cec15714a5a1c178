/** Schedules: runs that are started again and again, at times that a cron expression says. */
import { z } from 'zod';
import { budgetSchema } from './budgets.js';
import { jsonValueSchema, planSchema } from './plan.js';
import { scheduledRunSchema } from './runs.js';
import { overlapPolicies } from './statuses.js';

/** Of one tenant; a list of them is one answer. */
export const MAX_SCHEDULES = 200;
/** Of a schedule with its plan, as JSON: Temporal keeps it whole. */
export const MAX_SCHEDULE_BYTES = 250_000;

const DEFAULT_CATCH_UP_SECONDS = 600;

const field = /^(?:[0-9*?][0-9A-Za-z*,/?-]*|[A-Za-z]{3}[0-9A-Za-z,/-]*)$/;
const isCron = (text: string): boolean =>
  /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/.test(text) ||
  (text.split(/\s+/).length === 5 && text.split(/\s+/).every((part) => field.test(part)));

const isTimezone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets are no places: they know no summer time.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
};

const changeable = {
  name: z.string().max(100).trim().min(1, 'must not be empty'),
  cron: z
    .string()
    .max(200)
    .trim()
    .refine(
      isCron,
      'must be five fields (minute hour day month weekday) or one of @hourly, @daily, @weekly, @monthly, @yearly',
    ),
  timezone: z.string().max(60).refine(isTimezone, 'must be a time zone such as Europe/Zurich'),
  overlap: z.enum(overlapPolicies),
  /** Seconds by which a start may be late: older ones that an outage has kept are not made up for. */
  catchUpSeconds: z.int().min(10).max(604_800),
  run: scheduledRunSchema,
};

export const createScheduleSchema = z.strictObject({
  name: changeable.name,
  cron: changeable.cron,
  timezone: changeable.timezone.default('UTC'),
  overlap: changeable.overlap.default('skip'),
  catchUpSeconds: changeable.catchUpSeconds.default(DEFAULT_CATCH_UP_SECONDS),
  paused: z.boolean().default(false),
  run: changeable.run,
});

export const changeScheduleSchema = z
  .strictObject(changeable)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ minProperties: 1 });
export type ScheduleChange = z.infer<typeof changeScheduleSchema>;
/** As they are sent: what has a default may be left out. */
export type ScheduleRequest = z.input<typeof createScheduleSchema>;
export type ScheduleChangeRequest = z.input<typeof changeScheduleSchema>;

export const pauseScheduleSchema = z.strictObject({ reason: z.string().max(500).trim().min(1).optional() });
export const resumeScheduleSchema = z.strictObject({});
export const triggerScheduleSchema = z.strictObject({});

const time = z.iso.datetime();

export const scheduleSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  cron: z.string(),
  timezone: z.string(),
  overlap: z.enum(overlapPolicies),
  catchUpSeconds: z.int(),
  paused: z.boolean(),
  pauseReason: z.string().nullable(),
  run: z
    .object({
      goal: z.string(),
      agent: z.string().optional(),
      plan: planSchema.optional(),
      inputs: z.object({ data: jsonValueSchema.optional() }).optional(),
      metadata: z.record(z.string(), z.string()).optional(),
      approvals: z.string().optional(),
      budget: budgetSchema.optional(),
      priority: z.int().optional(),
      webhook: z.object({ url: z.string() }).optional(),
    })
    .describe('What is submitted at each time.'),
  createdAt: time,
  updatedAt: time.nullable(),
  next: z.array(time).describe('The next times, the first one first; empty where none comes any more.'),
  recent: z
    .array(z.object({ scheduledAt: time, startedAt: time, runId: z.uuid() }))
    .describe('The newest first.'),
  missed: z.int().min(0).describe('Times that an outage has kept for longer than `catchUpSeconds`.'),
  skipped: z.int().min(0).describe('Times at which the run before went on still.'),
  links: z.object({ self: z.string() }),
});
/** A schedule as the API answers it. */
export type Schedule = z.infer<typeof scheduleSchema>;

export const scheduleListSchema = z.object({
  schedules: z.array(scheduleSchema).describe('The oldest first.'),
});
export type ScheduleList = z.infer<typeof scheduleListSchema>;
