/** Runs: submitted, listed, counted and shown. */
import { MAX_WAIT_SECONDS, runStatuses } from '../../../contracts/runs.js';
import { formatParameter } from './events-operations.js';
import { examples } from './examples.js';
import { ifNoneMatch, json, notChanged, query, ref, type Operations } from './operation.js';
import { idempotencyKey, runLinks } from './run-answers.js';

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
  'submitRun' | 'submitBatch' | 'listRuns' | 'getStatistics' | 'getRun' | 'whyRun'
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
      'stream_limit_reached',
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
    answers: {
      200: { description: 'A page of runs.', content: json(ref('RunList'), examples.runList) },
      304: notChanged,
    },
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
  whyRun: {
    tag: 'Runs',
    summary: 'Why a run moves or does not',
    description:
      'One cause, in one sentence, with the evidence and what to do. Found out from Temporal and the records, never by asking the worker; answered also while one of them is away.',
    answers: { 200: { description: 'Why.', content: json(ref('Why'), examples.why) } },
  },
};
