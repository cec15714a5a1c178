/** A plan: a directed acyclic graph of steps, each a call of one tool. */
import { z } from 'zod';

/** Steps that one plan may have; one workflow carries them through continue-as-new. */
export const MAX_PLAN_STEPS = 10_000;
/** A plan's size as JSON, in bytes: half of Temporal's 2 MB payload limit. */
export const MAX_PLAN_BYTES = 1_000_000;

/** Any JSON; one schema for all, so that the document of the API names it once. */
export const jsonValueSchema = z.json();

const stepId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    'must be 1 to 64 letters, digits, "_" or "-", a letter or digit first',
  );

/** A step that waits for a person's word, whatever the run's policy is. */
const stepApprovalSchema = z.union([
  z.literal(true),
  z.strictObject({
    /** For whoever decides. */
    note: z.string().min(1).max(500).optional(),
    timeoutSeconds: z.int().min(1).max(31_536_000).optional(),
    /** Says again, so often, that somebody is waited for. */
    remindEverySeconds: z.int().min(10).max(31_536_000).optional(),
    /** What a time-out means; deny unless told. */
    onTimeout: z.enum(['approve', 'deny']).optional(),
  }),
]);

export const planStepSchema = z.strictObject({
  id: stepId,
  title: z.string().min(1).max(200).optional(),
  tool: z.string().min(1).max(100),
  args: z.record(z.string(), jsonValueSchema).default({}),
  dependsOn: z.array(stepId).max(1_000).optional(),
  onFailure: z.enum(['stop', 'continue']).optional(),
  approval: stepApprovalSchema.optional(),
});

export const planSchema = z.strictObject({
  steps: z.array(planStepSchema).min(1, 'must have at least one step').max(MAX_PLAN_STEPS),
  /** Steps that may run side by side. */
  maxParallel: z.int().min(1).max(50).optional(),
});

export type PlanStep = z.infer<typeof planStepSchema>;
export type Plan = z.infer<typeof planSchema>;
export type JsonValue = z.infer<typeof jsonValueSchema>;
