/** Approvals: what waits for a person's word. */
import { approvalStatuses } from '../../../contracts/approvals.js';
import { examples } from './examples.js';
import { json, query, ref, type Operations } from './operation.js';
import { changed } from './runs-operations.js';

const parameters = [
  query('status', 'Only these.', { type: 'string', enum: approvalStatuses }, { example: 'pending' }),
  query('limit', 'Approvals of one page.', { type: 'integer', minimum: 1, maximum: 200, default: 50 }),
  query('cursor', 'The `nextCursor` of the page before.', { type: 'string', maxLength: 300 }),
];

const page = {
  description: 'A page of approvals.',
  content: json(ref('ApprovalList'), examples.approvalList),
};

export const approvalsOperations: Operations<'listApprovals' | 'listRunApprovals' | 'decideApproval'> = {
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
      'The first decision counts; whoever comes later gets 409, and the same decision of the same caller again 202. With `argsHash` it counts only for what it was made on. Approved with `args`, the tool is given these instead.',
    body: {
      schema: ref('DecideApproval'),
      required: true,
      examples: {
        approve: { value: { decision: 'approve' } },
        deny: { value: { decision: 'deny', note: 'the wrong customer' } },
      },
    },
    answers: { 202: changed },
    errors: ['run_closed', 'approval_not_found', 'approval_decided', 'approval_stale', 'decision_pending'],
  },
};
