/** What runs and approvals can be; apart from the schemas, so that the command line's grammar waits for no zod. */

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

export const approvalStatuses = ['pending', 'approved', 'denied', 'closed'] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];
