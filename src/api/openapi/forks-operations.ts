/** Runs that go on from another one. */
import { examples } from './examples.js';
import { json, ref, type Answer, type Operations } from './operation.js';
import { idempotencyKey, runLinks } from './run-answers.js';

/** The run that goes on from another one. */
const goesOn: Answer = {
  description: 'The new run; its `origin` names the one that it goes on from.',
  content: json(ref('Run'), examples.queued),
  headers: ['Location', 'Idempotent-Replayed', 'Perdure-Warning', 'RateLimit-Policy', 'RateLimit'],
  links: runLinks,
};
const goingOn = [
  'run_open',
  'irreversible_repeat',
  'invalid_plan',
  'unknown_agent',
  'events_expired',
  'idempotency_key_reused',
  'run_limit_reached',
  'rate_limited',
  'storage_limit_reached',
  'workspace_unavailable',
  'workspace_refused',
  'shutting_down',
] as const;

export const forksOperations: Operations<'retryRun' | 'forkRun'> = {
  retryRun: {
    tag: 'Runs',
    summary: 'Do a run again from where it failed',
    description:
      'A new run with the plan, the files and the settings of one that failed or was cancelled. Steps that had completed are reused (`step.reused`) and not done again; the others are. An irreversible step of which it is not known that it did nothing is refused unless `repeat` names it.',
    parameters: [idempotencyKey],
    body: { schema: ref('RetryRun'), required: false },
    answers: { 202: goesOn },
    errors: [...goingOn, 'nothing_to_retry'],
  },
  forkRun: {
    tag: 'Runs',
    summary: 'Have a run done otherwise from one of its steps',
    description:
      'A new run in which `fromStep`, and all that builds on it, is done anew: with other arguments, another tool, another goal or agent. All else that had completed is reused. The files are copied as they stand.',
    parameters: [idempotencyKey],
    body: {
      schema: ref('ForkRun'),
      required: true,
      examples: { otherwise: { value: { fromStep: 'count', args: { code: 'return data.length' } } } },
    },
    answers: { 202: goesOn },
    errors: [...goingOn, 'unknown_agent'],
  },
};
