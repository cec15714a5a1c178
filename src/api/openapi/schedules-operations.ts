/** Schedules: runs again and again. */
import { examples } from './examples.js';
import type { Json } from './json.js';
import { header, json, ref, type Answer, type Operations } from './operation.js';

const ofSchedule = (operationId: string, description: string): Json => ({
  operationId,
  description,
  parameters: { scheduleId: '$response.body#/id' },
});
const links: Json = {
  schedule: ofSchedule('getSchedule', 'The schedule as it is now.'),
  change: ofSchedule('changeSchedule', 'Changes it.'),
  pause: ofSchedule('pauseSchedule', 'Starts nothing until it is resumed.'),
  resume: ofSchedule('resumeSchedule', 'Goes on.'),
  trigger: ofSchedule('triggerSchedule', 'Starts a run now.'),
  delete: ofSchedule('deleteSchedule', 'Ends it.'),
};
const answer = (description: string): Answer => ({
  description,
  content: json(ref('Schedule'), examples.schedule),
  links,
});
const unknown = ['schedule_not_found', 'temporal_unavailable'] as const;
const refused = ['invalid_plan', 'unknown_agent', 'model_not_configured', 'webhooks_unavailable'] as const;

export const schedulesOperations: Operations<
  | 'createSchedule'
  | 'listSchedules'
  | 'getSchedule'
  | 'changeSchedule'
  | 'pauseSchedule'
  | 'resumeSchedule'
  | 'triggerSchedule'
  | 'deleteSchedule'
> = {
  createSchedule: {
    tag: 'Schedules',
    summary: 'Make a schedule',
    description:
      'At each time a run is started as if `run` were submitted. While the one before goes on, `overlap` says what happens: `skip` the time, `buffer_one` for when it has ended, `allow_all` side by side, or `cancel_other`. What an outage has kept for longer than `catchUpSeconds` is not made up for.',
    parameters: [
      header(
        'Idempotency-Key',
        'Makes a repeat safe: the same key and body give the same schedule, the same key with another body 422.',
        ref('IdempotencyKey'),
      ),
    ],
    body: {
      schema: ref('CreateSchedule'),
      required: true,
      examples: { nightly: { value: examples.createSchedule } },
    },
    answers: {
      201: { ...answer('The schedule.'), headers: ['Location', 'Idempotent-Replayed'] },
    },
    errors: [...refused, 'idempotency_key_reused', 'schedule_limit_reached', ...unknown],
  },
  listSchedules: {
    tag: 'Schedules',
    summary: 'List schedules',
    description: 'The oldest first. One that was made a moment ago may not be there yet.',
    answers: {
      200: {
        description: 'The schedules.',
        content: json(ref('ScheduleList'), { schedules: [examples.schedule] }),
      },
    },
    errors: ['temporal_unavailable'],
  },
  getSchedule: {
    tag: 'Schedules',
    summary: 'A schedule',
    answers: { 200: answer('The schedule.') },
    errors: unknown,
  },
  changeSchedule: {
    tag: 'Schedules',
    summary: 'Change a schedule',
    description: 'What is not named stays. Runs under way are left alone.',
    body: {
      schema: ref('ChangeSchedule'),
      required: true,
      examples: { later: { value: { cron: '30 4 * * *' } } },
    },
    answers: { 200: answer('The schedule.') },
    errors: [...refused, ...unknown],
  },
  pauseSchedule: {
    tag: 'Schedules',
    summary: 'Pause a schedule',
    description: 'Nothing is started until it is resumed, and nothing of that time is made up for.',
    body: { schema: ref('PauseSchedule'), required: false },
    answers: { 200: answer('The schedule.') },
    errors: unknown,
  },
  resumeSchedule: {
    tag: 'Schedules',
    summary: 'Let a paused schedule go on',
    body: { schema: ref('ResumeSchedule'), required: false },
    answers: { 200: answer('The schedule.') },
    errors: unknown,
  },
  triggerSchedule: {
    tag: 'Schedules',
    summary: 'Start a run of a schedule now',
    description: 'Whatever goes on, and also while it is paused. `recent` of the schedule names the run.',
    body: { schema: ref('TriggerSchedule'), required: false },
    answers: { 202: answer('The run is about to be started.') },
    errors: unknown,
  },
  deleteSchedule: {
    tag: 'Schedules',
    summary: 'Delete a schedule',
    description: 'Runs that it has started go on.',
    answers: { 204: { description: 'It starts no more runs.' } },
    errors: unknown,
  },
};
