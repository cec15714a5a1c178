/** What people and programs outside are asked for: approvals, answers, callbacks, and webhooks. */
import { entry, type ErrorEntry } from './entry.js';

export const decisionErrors = {
  approval_not_found: entry(
    404,
    false,
    'There is no such approval',
    'List those of the run with GET /v1/runs/{id}/approvals.',
  ),
  approval_decided: entry(
    409,
    false,
    'The approval is decided already',
    'GET /v1/runs/{id}/approvals says how, and by whom.',
  ),
  approval_stale: entry(
    409,
    false,
    'What was approved is not what would be done',
    'Read the approval anew, and decide on its present argsHash.',
  ),
  approval_denied: entry(409, false, 'A person did not approve it', 'The message says who, and why.'),
  decision_pending: entry(
    503,
    true,
    'No worker has taken the decision yet',
    'Send it again: the same decision counts once. See /readyz, or whether a worker polls.',
  ),

  outcome_unknown: entry(
    409,
    false,
    'It is not known whether an irreversible tool acted',
    'Find out by hand; perdure does not act twice by itself.',
  ),
  callback_not_found: entry(
    404,
    false,
    'Nothing waits for this callback',
    'The token is wrong, or what it was for is over. GET /v1/runs/{id}/callbacks has those that are waited for.',
  ),
  callbacks_unavailable: entry(
    501,
    false,
    'This server takes no callbacks',
    'Have the operator set PERDURE_WEBHOOK_SECRET.',
  ),
  webhooks_unavailable: entry(
    501,
    false,
    'This server sends no webhooks',
    'Leave webhook out, or have the operator set PERDURE_WEBHOOK_SECRET.',
  ),
  webhook_not_delivered: entry(
    502,
    true,
    'The webhook was not delivered',
    'It is tried again by itself, for three days; the run says how far it is.',
  ),
  webhook_refused: entry(
    410,
    false,
    'The receiver of the webhook wants no more of them',
    'It answered 410; submit the next run with another webhook, or none.',
  ),
} as const satisfies Record<string, ErrorEntry>;
