/** Runs: what is submitted, what is stored, what is answered. */
import { z } from 'zod';
import { approvalPolicies, type ApprovalPolicy } from './approvals.js';
import { budgetSchema, topUpSchema, type Budget, type BudgetState } from './budgets.js';
import type { ErrorInfo } from './errors.js';
import { instant } from './instant.js';
import type { JsonValue, Plan } from './plan.js';
import { jsonValueSchema, planSchema } from './plan.js';
import { runStatuses, type RunStatus } from './statuses.js';
import { newDelivery, webhookSchema, type Webhook, type WebhookDelivery } from './webhooks.js';
import { wholeNumber } from './whole-number.js';

export { runStatuses, type RunStatus } from './statuses.js';

/** Inline data travels through Temporal's history, so it is kept small; larger inputs are files. */
export const MAX_INPUT_DATA_BYTES = 256_000;

const inputFile = z
  .strictObject({
    path: z.string().min(1).max(1024),
    content: z.string().optional(),
    contentBase64: z.base64().optional(),
  })
  .refine((f) => (f.content === undefined) !== (f.contentBase64 === undefined), {
    message: 'needs exactly one of content and contentBase64',
  })
  .meta({ oneOf: [{ required: ['content'] }, { required: ['contentBase64'] }] });

export const metadataSchema = z
  .record(z.string().min(1).max(64), z.string().max(500))
  .refine((m) => Object.keys(m).length <= 50, { message: 'holds at most 50 entries' })
  .meta({ maxProperties: 50 });

export const submitRunSchema = z.strictObject({
  goal: z.string().max(20_000).trim().min(1, 'must not be empty'),
  agent: z.string().min(1).max(100).optional(),
  plan: planSchema.optional(),
  inputs: z
    .strictObject({ files: z.array(inputFile).max(200).optional(), data: jsonValueSchema.optional() })
    .optional(),
  metadata: metadataSchema.optional(),
  /** What needs a person's word. Unless told, never for a given plan, and irreversible for one that a model makes. */
  approvals: z.enum(approvalPolicies).optional(),
  /** What it may use up; the limits of its agent unless told. */
  budget: budgetSchema.optional(),
  /** 1 goes first, 5 last, 3 unless told; among the runs of its own tenant only. */
  priority: z.number().int().min(1).max(5).optional(),
  /** Told of the run's end. */
  webhook: webhookSchema.optional(),
});
export type SubmitRun = z.infer<typeof submitRunSchema>;

/** What a schedule submits: files belong to one run. */
export const scheduledRunSchema = submitRunSchema.extend({
  inputs: z.strictObject({ data: jsonValueSchema.optional() }).optional(),
});
export type ScheduledRun = z.infer<typeof scheduledRunSchema>;

export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters');

/** Runs that one request may submit. */
export const MAX_BATCH = 100;

/** One run of a batch: whatever else a submission has, and what its header would say. */
export const batchItemSchema = submitRunSchema.extend({ idempotencyKey: idempotencyKeySchema.optional() });

/** The items are checked one by one, so that each can answer for itself. */
export const batchSchema = z.strictObject({
  runs: z.array(z.unknown()).min(1, 'must have at least one run').max(MAX_BATCH),
});

export const pauseRunSchema = z.strictObject({ reason: z.string().max(500).optional() });

export const resumeRunSchema = z.strictObject({ budget: topUpSchema.optional() });

export const cancelRunSchema = z.strictObject({ reason: z.string().max(500).optional() });

/** Seconds that a request may wait for a run to end; proxies often cut off what is silent for a minute. */
export const MAX_WAIT_SECONDS = 60;

export const getRunSchema = z.strictObject({ wait: wholeNumber(0, MAX_WAIT_SECONDS).default(0) });

/** Of an address, where they are one field however many they are. */
const statusesSchema = z
  .array(z.string())
  .min(1)
  .max(runStatuses.length)
  .transform((names, context) => {
    const known = z.array(z.enum(runStatuses)).safeParse(names);
    if (known.success) return known.data;
    context.issues.push({ code: 'invalid_value', values: [...runStatuses], input: names });
    return z.NEVER;
  });

export const listRunsSchema = z.strictObject({
  status: statusesSchema.optional(),
  agent: z.string().max(100).optional(),
  limit: wholeNumber(1, 200).default(50),
  cursor: z.string().max(200).optional(),
  createdAfter: instant.optional(),
  createdBefore: instant.optional(),
  parent: z.uuid().optional(),
  metadata: metadataSchema.optional(),
});

export const usageSchema = z.object({
  steps: z.int().min(0).describe('Steps that have ended.'),
  modelCalls: z
    .exactOptional(z.int().min(0))
    .describe('With those below absent until a model has answered, its sub-agents’ included.'),
  inputTokens: z.exactOptional(z.int().min(0)),
  outputTokens: z.exactOptional(z.int().min(0)),
  costUsd: z
    .exactOptional(z.number().min(0).nullable())
    .describe('US dollars by list prices; null where the price of a model is not known.'),
});
export type Usage = z.infer<typeof usageSchema>;

/** What has started a run, where that was no submission, or which one it goes on from. */
export const runOriginSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('schedule'), scheduleId: z.uuid(), scheduledAt: z.iso.datetime() }),
  z.object({ kind: z.literal('retry'), runId: z.uuid() }),
  z.object({ kind: z.literal('fork'), runId: z.uuid(), fromStep: z.string() }),
  z
    .object({ kind: z.literal('delegate'), runId: z.uuid(), stepId: z.string(), depth: z.int().min(1) })
    .describe('A sub-agent’s: of the run and the step that have handed on to it.'),
]);
export type RunOrigin = z.infer<typeof runOriginSchema>;

/** What a submission asks for beside the work itself, for runs that go on from it. */
export interface RunSettings {
  approvals?: ApprovalPolicy;
  priority?: number;
}

/** A run as the store holds it. Times are ISO 8601 in UTC. */
export interface RunRecord {
  id: string;
  tenantId: string;
  status: RunStatus;
  goal: string;
  agent: string;
  plan: Plan | null;
  /** Counts its changes from 1; 0 while there is none. */
  planVersion: number;
  result: JsonValue | null;
  error: ErrorInfo | null;
  usage: Usage;
  budget: BudgetState | null;
  metadata: Record<string, string>;
  requestHash: string | null;
  webhook: WebhookDelivery | null;
  origin: RunOrigin | null;
  settings: RunSettings | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  lastSeq: number;
}

/** A run without its plan, which may be large: for lists and look-ups. */
export type RunHead = Omit<RunRecord, 'plan' | 'planVersion'>;

/** What creates a record; the API and the workflow's first activity both send it. */
export interface NewRun {
  id: string;
  tenantId: string;
  goal: string;
  agent: string;
  metadata: Record<string, string>;
  requestHash: string | null;
  webhook?: Webhook;
  origin?: RunOrigin;
  settings?: RunSettings;
  createdAt: string;
  budget?: Budget;
}

/** The record of a run that nothing has happened to yet. */
export const queuedRecord = (run: NewRun): RunRecord => ({
  ...run,
  status: 'queued',
  plan: null,
  planVersion: 0,
  result: null,
  error: null,
  usage: { steps: 0 },
  budget: run.budget ?? null,
  origin: run.origin ?? null,
  settings: run.settings ?? null,
  webhook: run.webhook === undefined ? null : newDelivery(run.webhook),
  startedAt: null,
  finishedAt: null,
  lastSeq: 0,
});
