/** What runs, approvals and schedules can be; apart from the schemas, so that the command line's grammar waits for no zod. */

export const runStatuses = [
  'queued',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
] as const;
export type RunStatus = (typeof runStatuses)[number];

/** What happens at a time of a schedule at which the run before goes on still. */
export const overlapPolicies = ['skip', 'buffer_one', 'allow_all', 'cancel_other'] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

/** What a person's word is about. */
export const approvalKinds = ['plan', 'step', 'call', 'question', 'event', 'outcome'] as const;
export type ApprovalKind = (typeof approvalKinds)[number];
export const approvalStatuses = ['pending', 'approved', 'denied', 'closed'] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** What a supervisor can say of a step's end. */
export const supervisorDecisions = ['continue', 'stop', 'retry', 'replan', 'ask', 'finish'] as const;
export type SupervisorDecision = (typeof supervisorDecisions)[number];
