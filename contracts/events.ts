/** The events of a run: one discriminated union that server, worker, client and command line share. */
import { z } from 'zod';
import { budgetLimits } from './budget-limits.js';
import { budgetSchema } from './budgets.js';
import { approvalKinds, supervisorDecisions } from './statuses.js';
import { modelRoles, modelUsageSchema } from './models.js';
import { jsonValueSchema, planSchema, planStepSchema } from './plan.js';

const errorInfo = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() });

/** A step's output: itself when small, else a workspace file and how it begins. */
export const outputSchema = z.union([
  z.object({ value: jsonValueSchema }),
  z.object({ ref: z.string(), bytes: z.number(), preview: z.string() }),
]);
export type StepOutput = z.infer<typeof outputSchema>;

const budgetState = z.object({ limit: z.enum(budgetLimits), max: z.number(), used: z.number() });

const durable = {
  'run.queued': z.object({ goal: z.string() }),
  'run.started': z.object({}),
  'plan.retrying': z.object({ error: errorInfo, nextAttempt: z.number().int() }),
  'plan.created': z.object({
    plan: planSchema,
    version: z.number().int(),
    madeBy: z.exactOptional(z.enum(['caller', 'model'])),
  }),
  'plan.updated': z.object({
    version: z.int().min(2),
    steps: z.array(planStepSchema).describe('Each takes the place of the step with its id, or is added.'),
    removed: z.array(z.string()),
    maxParallel: z.int().min(1).optional(),
    madeBy: z.enum(['caller', 'model']),
    by: z.string().optional(),
    retried: z
      .object({ step: z.string(), as: z.string() })
      .optional()
      .describe(
        'The step that is tried again, and the one that tries: what waited for the first waits for it.',
      ),
  }),
  'step.started': z.object({ tool: z.string(), title: z.string().optional() }),
  'step.completed': z.object({ output: outputSchema, durationMs: z.number() }),
  'step.reused': z.object({
    output: outputSchema,
    fromRunId: z.uuid().describe('The run in which its tool was called.'),
  }),
  'step.failed': z.object({ error: errorInfo }),
  'step.retrying': z.object({ error: errorInfo, nextAttempt: z.number().int() }),
  'supervisor.decided': z.object({
    decision: z.enum(supervisorDecisions),
    reason: z.string(),
    steps: z
      .array(planStepSchema)
      .optional()
      .describe('Of a new plan: put in, or changed. Of a retry: the step as it is to be done.'),
    remove: z.array(z.string()).optional(),
    question: z.string().optional().describe('To a person.'),
  }),
  'model.called': modelUsageSchema.extend({
    role: z.enum(modelRoles),
    unheard: z
      .int()
      .min(1)
      .optional()
      .describe('Attempts before it that took something too, and nobody knows how much.'),
  }),
  'agent.calling': z.object({ turn: z.int().min(1), tool: z.string() }),
  'agent.called': z.object({
    turn: z.int().min(1),
    tool: z.string(),
    args: jsonValueSchema.optional(),
    error: errorInfo.optional(),
    durationMs: z.number(),
  }),
  'artifact.created': z.object({ path: z.string(), bytes: z.number(), contentType: z.string() }),
  'message.received': z.object({ text: z.string(), by: z.string().optional() }),
  'approval.requested': z.object({
    approvalId: z.string(),
    kind: z.enum(approvalKinds),
    reason: z.enum(['policy', 'step', 'outcome_unknown', 'supervisor']),
    tool: z.string().optional(),
    title: z.string().optional(),
    args: z.record(z.string(), jsonValueSchema).optional(),
    argsRef: z.string().describe('The file that has the arguments where they are too large.').optional(),
    argsHash: z.string(),
    note: z.string().optional(),
    expiresAt: z.iso.datetime().optional(),
  }),
  'approval.reminded': z.object({ approvalId: z.string(), reminder: z.int().min(1) }),
  'approval.decided': z.object({
    approvalId: z.string(),
    decision: z.enum(['approved', 'denied']),
    by: z.string().optional(),
    note: z.string().optional(),
    timedOut: z.literal(true).optional(),
    args: z.record(z.string(), jsonValueSchema).optional(),
    output: jsonValueSchema.optional(),
  }),
  'budget.warning': budgetState,
  'budget.exhausted': budgetState.extend({ onExhausted: z.enum(['fail', 'pause']) }),
  'budget.changed': z.object({ budget: budgetSchema, by: z.string().optional() }),
  'run.paused': z.object({
    reason: z.string().optional(),
    by: z.string().optional(),
    /** Of the budget, where that has paused it. */
    limit: z.enum(budgetLimits).optional(),
  }),
  'run.resumed': z.object({ by: z.string().optional() }),
  'run.completed': z.object({ result: jsonValueSchema }),
  'run.failed': z.object({ error: errorInfo }),
  'run.cancelled': z.object({ reason: z.string().optional() }),
} as const;

export type DurableEventType = keyof typeof durable;

type EventData<T extends DurableEventType> = z.infer<(typeof durable)[T]>;
/** Of an event without data, zod's type would forbid every other field. */
type EventFields<T extends DurableEventType> =
  EventData<T> extends Record<string, never> ? unknown : EventData<T>;

/** An event before the log has numbered it. `key` makes the append idempotent within its run. */
export type NewEvent = {
  [T in DurableEventType]: {
    type: T;
    key: string;
    at: string;
    data: EventData<T>;
    stepId?: string;
    attempt?: number;
  };
}[DurableEventType];

/** What every durable event has; `seq` counts from 1 in each run, without gaps. */
const envelope = {
  seq: z.int().min(1),
  runId: z.uuid(),
  at: z.iso.datetime(),
  stepId: z.string().optional(),
  attempt: z.int().min(1).optional(),
};

/** A durable event as the log holds it. */
export type RunEvent = {
  [T in DurableEventType]: {
    type: T;
    seq: number;
    runId: string;
    at: string;
    stepId?: string;
    attempt?: number;
  } & EventFields<T>;
}[DurableEventType];

/** The contract of each durable event as clients receive it; a field that it does not name is refused. */
export const eventSchemas = (Object.keys(durable) as DurableEventType[]).map((type) =>
  z.strictObject({ type: z.literal(type), ...envelope, ...durable[type].shape }),
) as unknown as [z.ZodObject<{ type: z.ZodLiteral<DurableEventType> }>];

export const runEventSchema = z.discriminatedUnion('type', eventSchemas);

const passing = {
  runId: z.uuid(),
  at: z.iso.datetime(),
  stepId: z.string(),
  attempt: z.int().min(1),
};
/** Of what a model writes: without a step while the plan is made. */
const writing = { ...passing, stepId: z.string().optional() };

/** An event that is only passed on while it happens: never stored, never numbered. */
export const ephemeralEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['step.progress', 'log']), ...passing, message: z.string() }),
  z.strictObject({ type: z.literal('output.delta'), ...writing, text: z.string() }),
  z.strictObject({ type: z.literal('output.reset'), ...writing }),
]);
export type EphemeralEvent = z.infer<typeof ephemeralEventSchema>;
