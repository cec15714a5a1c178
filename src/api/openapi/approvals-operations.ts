/** Approvals: what waits for a person's word. */
import { approvalStatuses } from '../../../contracts/approvals.js';
import { examples } from './examples.js';
import { json, query, ref, type Operations } from './operation.js';
import { changed } from './run-answers.js';

const parameters = [
  query('status', 'Only these.', { type: 'string', enum: approvalStatuses }, { example: 'pending' }),
  query('limit', 'Approvals of one page.', { type: 'integer', minimum: 1, maximum: 200, default: 50 }),
  query('cursor', 'The `nextCursor` of the page before.', { type: 'string', maxLength: 300 }),
];

const page = {
  description: 'A page of approvals.',
  content: json(ref('ApprovalList'), examples.approvalList),
};

export const approvalsOperations: Operations<
  'listApprovals' | 'listRunApprovals' | 'decideApproval' | 'listCallbacks' | 'callBack'
> = {
  listApprovals: {
    tag: 'Approvals',
    summary: 'List approvals',
    description: 'Of all runs, the oldest first.',
    parameters,
    answers: { 200: page },
    errors: ['invalid_request'],
  },
  listRunApprovals: {
    tag: 'Approvals',
    summary: 'The approvals of a run',
    parameters,
    answers: { 200: page },
    errors: ['invalid_request'],
  },
  decideApproval: {
    tag: 'Approvals',
    summary: 'Approve or deny',
    description:
      'The first decision counts; whoever comes later gets 409, and the same decision of the same caller again 202. With `argsHash` it counts only for what it was made on. Approved with `args`, the tool is given these instead. A question, and an event that is waited for, are approved with an `answer`.',
    body: {
      schema: ref('DecideApproval'),
      required: true,
      examples: {
        approve: { value: { decision: 'approve' } },
        answer: { value: { decision: 'approve', answer: 'blue' } },
        deny: { value: { decision: 'deny', note: 'the wrong customer' } },
      },
    },
    answers: { 202: changed },
    errors: ['run_closed', 'approval_not_found', 'approval_decided', 'approval_stale', 'decision_pending'],
  },
  listCallbacks: {
    tag: 'Approvals',
    summary: 'Where events are to be sent that the run waits for',
    description:
      'One for each step `wait_for_event` that waits. Hand an address only to whoever is to send the event.',
    answers: {
      200: { description: 'The callbacks.', content: json(ref('CallbackList'), examples.callbackList) },
    },
    errors: ['callbacks_unavailable'],
  },
  callBack: {
    tag: 'Approvals',
    summary: 'Send an event that a run waits for',
    description:
      'Nobody signs in: the token is what counts, and it counts once. The body, an object or a list, is the event.',
    parameters: [
      query(
        'token',
        'Of the callback.',
        { type: 'string', minLength: 1, maxLength: 1_000 },
        { required: true, example: 'WyIwMWEy…' },
      ),
    ],
    body: { schema: ref('CallbackEvent'), required: false, examples: { paid: { value: { paid: true } } } },
    answers: {
      202: { description: 'The run has it.', content: json(ref('CallbackAnswer'), { accepted: true }) },
    },
    errors: [
      'callback_not_found',
      'callbacks_unavailable',
      'approval_decided',
      'decision_pending',
      'temporal_unavailable',
      'store_unavailable',
    ],
  },
};
