/** Approvals: what a person is asked before a run goes on, and what they answer. */
import { z } from 'zod';
import { jsonValueSchema } from './plan.js';
import { approvalKinds, approvalStatuses } from './statuses.js';

/** What of a run needs a person's word: nothing, its plan, each step that cannot be undone, or each step. */
export const approvalPolicies = ['never', 'plan', 'irreversible', 'all'] as const;
export type ApprovalPolicy = (typeof approvalPolicies)[number];

/** What asks for all that either of them asks for. */
export function stricterPolicy(a: ApprovalPolicy, b: ApprovalPolicy): ApprovalPolicy {
  if (a === b || b === 'never') return a;
  if (a === 'never') return b;
  // The plan and its irreversible steps are two things: who wants both is shown each step.
  return 'all';
}

/**
 * What a run needs a person's word for: what a model plans cannot be undone without one, unless whoever submits it says
 * that it may; and never less than its agent asks for.
 * @param atLeast the agent's
 * @returns undefined for nothing
 */
export function policyOfRun(
  { approvals, plan }: { approvals?: ApprovalPolicy | undefined; plan?: unknown },
  atLeast: ApprovalPolicy = 'never',
): ApprovalPolicy | undefined {
  const wanted = approvals ?? (plan === undefined || plan === null ? 'irreversible' : 'never');
  const policy = stricterPolicy(wanted, atLeast);
  return policy === 'never' ? undefined : policy;
}

export { approvalStatuses, type ApprovalStatus } from './statuses.js';

/** Bytes of JSON that a decision may bring, arguments or an output: the workflow carries them. */
export const MAX_DECIDED_BYTES = 32_000;

export const decideApprovalSchema = z
  .strictObject({
    decision: z.enum(['approve', 'deny']),
    /** What was asked for; refused when that is not what the run would do. */
    argsHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be the argsHash of the approval')
      .optional(),
    /** Instead of those that were asked for, as they are: references in them are not resolved. */
    args: z.record(z.string(), jsonValueSchema).optional(),
    /** To what was asked, where it is more than whether: with approve, and in the form that was asked for. */
    answer: jsonValueSchema.optional(),
    /**
     * Of an `outcome`: the tool has acted, and this is what it put out. Approved without it, the tool has not acted,
     * and may.
     */
    output: jsonValueSchema.optional(),
    note: z.string().max(2_000).optional(),
  })
  .refine(({ args, answer }) => args === undefined || answer === undefined, {
    path: ['answer'],
    message: 'must not be given with args',
  })
  .refine(({ decision, answer }) => decision === 'approve' || answer === undefined, {
    path: ['answer'],
    message: 'must not be given with deny',
  })
  .refine(({ decision, args }) => decision === 'approve' || args === undefined, {
    path: ['args'],
    message: 'must not be given with deny',
  })
  .refine(({ decision, output }) => decision === 'approve' || output === undefined, {
    path: ['output'],
    message: 'must not be given with deny',
  });

export const listApprovalsSchema = z.strictObject({
  status: z.enum(approvalStatuses).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});

const time = z.iso.datetime();
export const approvalSchema = z.object({
  id: z.string(),
  runId: z.uuid(),
  kind: z
    .enum(approvalKinds)
    .describe(
      'What is asked: whether, for a plan, a step, or a call that its model asks for; an answer, or an event from outside; or what became of an irreversible tool (`outcome`; `note` says why nobody knows).',
    ),
  status: z
    .enum(approvalStatuses)
    .describe('`closed` when the run came to its end before anybody had decided.'),
  stepId: z.string().nullable(),
  tool: z.string().nullable(),
  title: z.string().nullable(),
  args: z
    .record(z.string(), jsonValueSchema)
    .nullable()
    .describe(
      'What the tool will be given, references resolved. Null for a plan, and where it is too large: then the file `.perdure/approvals/{id}.json` has it.',
    ),
  argsHash: z.string().describe('Of exactly these arguments, or of the plan; a decision may name it.'),
  note: z.string().nullable().describe('What the plan says about it to whoever decides.'),
  requestedAt: time,
  expiresAt: time.nullable().describe('When it is decided by itself.'),
  decidedAt: time.nullable(),
  decidedBy: z.string().nullable().describe('The subject; null where nobody signs in, and for a time-out.'),
});
/** An approval as the API answers it. */
export type Approval = z.infer<typeof approvalSchema>;

export const approvalListSchema = z.object({
  approvals: z.array(approvalSchema).describe('The oldest first.'),
  nextCursor: z.string().nullable().describe('The `cursor` of the next page; null on the last.'),
});
export type ApprovalList = z.infer<typeof approvalListSchema>;
