/** Runs: submitted, listed, shown and cancelled. */
import { MAX_WAIT_SECONDS, runStatuses } from '../../../contracts/runs.js';
import { formatParameter } from './events-operations.js';
import { examples } from './examples.js';
import {
  header,
  ifNoneMatch,
  json,
  notChanged,
  query,
  ref,
  type Answer,
  type Json,
  type Operations,
} from './operation.js';

const ofRun = (operationId: string, description: string): Json => ({
  operationId,
  description,
  parameters: { id: '$response.body#/id' },
});

/** What can be done next with the run in the answer. */
export const runLinks: Json = {
  run: ofRun('getRun', 'The run as it is now.'),
  why: ofRun('whyRun', 'Why it moves or does not.'),
  events: ofRun('streamEvents', 'What happened, and what happens.'),
  plan: ofRun('getPlan', 'Its plan.'),
  cancel: ofRun('cancelRun', 'Stops it.'),
  message: ofRun('sendMessage', 'Tells it something.'),
  retry: ofRun('retryRun', 'Does again what failed.'),
  pause: ofRun('pauseRun', 'Lets it begin nothing more.'),
  resume: ofRun('resumeRun', 'Lets it go on.'),
  files: ofRun('listFiles', 'Its workspace.'),
};

const idempotencyKey = header(
  'Idempotency-Key',
  'Makes a repeat safe: the same key and body give the same run, the same key with another body 422.',
  ref('IdempotencyKey'),
);

/** After a call that asks the run for something. */
export const changed = {
  description: 'The run as it is now.',
  content: json(ref('Run'), examples.queued),
  links: runLinks,
};

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

const whichRuns = [
  query('agent', 'Only of this agent.', { type: 'string', maxLength: 100 }),
  query('createdAfter', 'Only runs after this moment.', { type: 'string', format: 'date-time' }),
  query('createdBefore', 'Only runs before this moment.', { type: 'string', format: 'date-time' }),
  query(
    'metadata',
    'Only runs that have all of these.',
    // In an address everything is a text; to name the type would only say that 7 is none.
    { type: 'object', additionalProperties: { maxLength: 500 }, maxProperties: 50 },
    { style: 'deepObject', explode: true, example: { team: 'blue' } },
  ),
];

export const runsOperations: Operations<
  | 'submitRun'
  | 'submitBatch'
  | 'listRuns'
  | 'getStatistics'
  | 'getRun'
  | 'getPlan'
  | 'changePlan'
  | 'whyRun'
  | 'cancelRun'
  | 'pauseRun'
  | 'resumeRun'
  | 'sendMessage'
  | 'retryRun'
  | 'forkRun'
> = {
  submitRun: {
    tag: 'Runs',
    summary: 'Submit a run',
    description:
      'The run is safe with Temporal once the answer is there, and goes on whether anybody watches or not. With `Accept: text/event-stream` the answer is the run’s event stream.',
    parameters: [idempotencyKey, formatParameter],
    body: { schema: ref('SubmitRun'), required: true, examples: { words: { value: examples.submitRun } } },
    answers: {
      202: {
        description: 'Accepted, or accepted before under this key.',
        content: json(ref('Run'), examples.queued),
        headers: ['Location', 'Idempotent-Replayed', 'Perdure-Warning', 'RateLimit-Policy', 'RateLimit'],
        links: runLinks,
      },
      200: {
        description: 'The same, answered with the event stream that was asked for; see `streamEvents`.',
        content: { 'text/event-stream': { schema: { type: 'string' }, example: examples.stream } },
        headers: ['Location', 'Idempotent-Replayed', 'Perdure-Warning', 'RateLimit-Policy', 'RateLimit'],
      },
    },
    errors: [
      'invalid_plan',
      'invalid_path',
      'unknown_agent',
      'model_not_configured',
      'idempotency_key_reused',
      'webhooks_unavailable',
      'run_limit_reached',
      'rate_limited',
      'storage_limit_reached',
      'temporal_unavailable',
      'workspace_unavailable',
      'workspace_refused',
      'shutting_down',
    ],
  },
  submitBatch: {
    tag: 'Runs',
    summary: 'Submit up to 100 runs',
    description:
      'Each is taken on or refused by itself, and answers with the status and the problem that it would have got alone; limits count run by run. The whole is refused only where it is no list of runs. An `Idempotency-Key` of the whole is refused: give each run its own `idempotencyKey`, and a repeat is safe.',
    body: {
      schema: ref('SubmitBatch'),
      required: true,
      examples: { two: { value: examples.batch } },
    },
    answers: {
      200: {
        description: 'What became of each.',
        content: json(ref('BatchAnswer'), examples.batchAnswer),
        headers: ['Perdure-Warning', 'RateLimit-Policy', 'RateLimit'],
      },
    },
  },
  listRuns: {
    tag: 'Runs',
    summary: 'List runs',
    description: 'Newest first, each without its plan. Metadata is searched by `metadata[name]=value`.',
    parameters: [
      query(
        'status',
        'Only these: joined by commas, or the name again and again.',
        {
          type: 'array',
          items: { type: 'string', enum: runStatuses },
          minItems: 1,
          maxItems: runStatuses.length,
        },
        { style: 'form', explode: false, example: ['queued', 'running'] },
      ),
      ...whichRuns,
      query('parent', 'Only runs of the sub-agents of this one.', { type: 'string', format: 'uuid' }),
      query('limit', 'Runs of one page.', { type: 'integer', minimum: 1, maximum: 200, default: 50 }),
      query('cursor', 'The `nextCursor` of the page before.', { type: 'string', maxLength: 200 }),
    ],
    answers: { 200: { description: 'A page of runs.', content: json(ref('RunList'), examples.runList) } },
    errors: ['invalid_request'],
  },
  getStatistics: {
    tag: 'Runs',
    summary: 'Runs counted',
    description:
      'By status, and by when they were submitted: the runs that a list with the same parameters has. The periods begin at `createdAfter`, or 24 hours ago, and are cut so that at most `periods` hold them all.',
    parameters: [
      ...whichRuns,
      query('periods', 'Into how many the time may be cut.', {
        type: 'integer',
        minimum: 2,
        maximum: 200,
        default: 48,
      }),
    ],
    answers: {
      200: { description: 'The counts.', content: json(ref('Statistics'), examples.statistics) },
    },
    errors: ['invalid_request'],
  },
  getRun: {
    tag: 'Runs',
    summary: 'A run',
    description:
      'With `wait` the answer comes when the run has ended, or when the time is over: whichever is first. A server that shuts down answers at once.',
    parameters: [
      query('wait', 'Seconds to wait for the end.', {
        type: 'integer',
        minimum: 0,
        maximum: MAX_WAIT_SECONDS,
        default: 0,
      }),
      ifNoneMatch,
    ],
    answers: {
      200: {
        description: 'The run.',
        content: json(ref('Run'), examples.run),
        headers: ['ETag'],
        links: runLinks,
      },
      304: notChanged,
    },
    errors: ['invalid_request'],
  },
  getPlan: {
    tag: 'Runs',
    summary: 'The plan of a run',
    parameters: [ifNoneMatch],
    answers: {
      200: { description: 'The plan.', content: json(ref('Plan'), examples.plan), headers: ['ETag'] },
      304: notChanged,
    },
    errors: ['plan_not_made'],
  },
  changePlan: {
    tag: 'Runs',
    summary: 'Change the plan of a run',
    description:
      'While the run goes on, or before it begins: steps that have not begun are changed, taken out or added; those that have begun or are over stay as they are. `plan.updated` follows. Where the plan needs a person’s word, each version of it does; so does a step that is changed while it waits for one.',
    parameters: [
      {
        ...header(
          'If-Match',
          'The ETag of the plan that is changed (or `*`): 412 when somebody has changed it meanwhile, 428 without one.',
          { type: 'string' },
        ),
        required: true,
      },
    ],
    body: {
      schema: ref('ChangePlan'),
      required: true,
      examples: {
        words: {
          value: {
            steps: [{ id: 'count', tool: 'javascript', args: { code: 'return 6' } }],
            remove: ['draw'],
          },
        },
      },
    },
    answers: {
      200: {
        description: 'The plan as it is now.',
        content: json(ref('Plan'), examples.plan),
        headers: ['ETag'],
      },
    },
    errors: [
      'invalid_plan',
      'unknown_agent',
      'precondition_failed',
      'precondition_required',
      'plan_not_changeable',
      'plan_not_made',
      'run_closed',
      'decision_pending',
      'workspace_unavailable',
      'workspace_refused',
    ],
  },
  whyRun: {
    tag: 'Runs',
    summary: 'Why a run moves or does not',
    description:
      'One cause, in one sentence, with the evidence and what to do. Found out from Temporal and the records, never by asking the worker; answered also while one of them is away.',
    answers: { 200: { description: 'Why.', content: json(ref('Why'), examples.why) } },
  },
  cancelRun: {
    tag: 'Runs',
    summary: 'Cancel a run',
    description:
      'The cancel is on its way; `run.cancelled` follows, unless the run was just coming to its own end.',
    body: {
      schema: ref('CancelRun'),
      required: false,
      examples: { reason: { value: { reason: 'changed my mind' } } },
    },
    answers: {
      202: changed,
    },
    errors: ['run_closed'],
  },
  sendMessage: {
    tag: 'Runs',
    summary: 'Tell a run something',
    description:
      '`message.received` follows, and the models of the run (planner, supervisor, agents) read it with the next question that they are asked. A run without models only keeps it. At most 100 for one run.',
    parameters: [
      header(
        'Idempotency-Key',
        'Makes a repeat safe: the same key is the same message.',
        ref('IdempotencyKey'),
      ),
    ],
    body: {
      schema: ref('SendMessage'),
      required: true,
      examples: { words: { value: { text: 'Leave out the prices.' } } },
    },
    answers: { 202: changed },
    errors: ['run_closed', 'message_limit_reached', 'decision_pending'],
  },
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
  pauseRun: {
    tag: 'Runs',
    summary: 'Pause a run',
    description:
      'Steps under way come to their end, and none begins; `run.paused` follows. Paused again, it stays paused. A cancel goes through.',
    body: {
      schema: ref('PauseRun'),
      required: false,
      examples: { reason: { value: { reason: 'looking into it' } } },
    },
    answers: { 202: changed },
    errors: ['run_closed'],
  },
  resumeRun: {
    tag: 'Runs',
    summary: 'Let a paused run go on',
    description:
      '`run.resumed` follows. Without effect on a run that is not paused. `budget` puts limits in the place of those before, of any open run; one that was paused by its budget goes on with a larger one only.',
    body: {
      schema: ref('ResumeRun'),
      required: false,
      examples: { more: { value: { budget: { maxTokens: 400000 } } } },
    },
    answers: { 202: changed },
    errors: ['run_closed', 'budget_exhausted'],
  },
};
