/**
 * What the HTTP API answers, as schemas: the types that server and client share are inferred from them, and the
 * OpenAPI document is generated from them. Times are ISO 8601 in UTC.
 */
import { z } from 'zod';
import { budgetSchema, budgetStateSchema } from './budgets.js';
import { approvalPolicies } from './approvals.js';
import { errorTable, type ErrorCode } from './errors.js';
import { runEventSchema, type RunEvent } from './events.js';
import { jsonValueSchema, planSchema } from './plan.js';
import { scopes } from './principal.js';
import { runOriginSchema, runStatuses, usageSchema } from './runs.js';
import { webhookDeliverySchema } from './webhooks.js';

const time = z.iso.datetime();
export const errorCodeSchema = z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]);

export const fieldErrorSchema = z.object({
  field: z.string().describe('A path such as `plan.steps[2].tool`.'),
  message: z.string(),
});

/** The body of every answer of 4xx and 5xx; content type application/problem+json (RFC 9457). */
export const problemSchema = z.object({
  type: z.string().describe('`urn:perdure:error:` and the code.'),
  title: z.string(),
  status: z.int().min(400).max(599),
  code: errorCodeSchema.describe('Stable: decide by it, never by the texts.'),
  detail: z.string(),
  advice: z.string().describe('What the person who meets the error can do.'),
  instance: z.exactOptional(z.string()).describe('Path of the request.'),
  requestId: z.string().describe('The log has the request under it.'),
  errors: z.exactOptional(z.array(fieldErrorSchema)).describe('Where fields are at fault, which and why.'),
});
export type Problem = z.infer<typeof problemSchema>;

export const errorInfoSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  retryable: z.boolean().describe('Whether the same action, done again later, can succeed.'),
});

export const runSummarySchema = z.object({
  id: z.uuid(),
  status: z.enum(runStatuses),
  goal: z.string(),
  agent: z.string(),
  result: jsonValueSchema.nullable().describe('Null until the run has completed.'),
  error: errorInfoSchema.nullable().describe('Why the run failed.'),
  usage: usageSchema,
  budget: budgetStateSchema.nullable().describe('What it may use up; null where nothing limits it.'),
  metadata: z.record(z.string(), z.string()),
  webhook: webhookDeliverySchema.nullable().describe('How its webhook was told; null where there is none.'),
  origin: runOriginSchema
    .nullable()
    .describe('What has started it, or which run it goes on from; null for a submission.'),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  lastSeq: z.int().min(0).describe('The `seq` of the newest event.'),
  links: z.object({
    self: z.string(),
    events: z.string(),
    files: z.string(),
    children: z.string().describe('The runs of its sub-agents.'),
    temporal: z.string().nullable().describe('The run in the Temporal Web UI.'),
  }),
});
/** A run as lists show it. */
export type RunSummary = z.infer<typeof runSummarySchema>;

export const runSchema = runSummarySchema.extend({
  plan: planSchema.nullable().describe('Null until it was made.'),
  planVersion: z.int().min(0).describe('Counts the changes of the plan from 1; 0 while there is none.'),
});
/** A run as the API answers it. */
export type Run = z.infer<typeof runSchema>;

export const batchResultSchema = z.union([
  z.object({
    status: z.literal(202),
    run: runSchema,
    replayed: z.boolean().describe('True when an earlier request with this key had started the run.'),
  }),
  z.object({
    status: z.int().min(400).max(599).describe('That the run would have got alone.'),
    problem: problemSchema.describe('Its `errors` name fields of this run.'),
    retryAfterSeconds: z.exactOptional(z.int().min(0)),
  }),
]);
export type BatchResult = z.infer<typeof batchResultSchema>;

export const batchAnswerSchema = z.object({
  results: z.array(batchResultSchema).describe('One for each run, in their order.'),
});
export type BatchAnswer = z.infer<typeof batchAnswerSchema>;

const cursor = z.string().nullable().describe('The `cursor` of the next page; null on the last.');
export const runListSchema = z.object({
  runs: z.array(runSummarySchema).describe('Newest first; without their plans.'),
  nextCursor: cursor,
});
export type RunList = z.infer<typeof runListSchema>;

export const eventPageSchema = z.object({
  events: z.array(runEventSchema),
  nextAfter: z
    .int()
    .min(0)
    .nullable()
    .describe('The `after` that asks for what comes next; null once the terminal event was given.'),
});
export type EventPage = Omit<z.infer<typeof eventPageSchema>, 'events'> & { events: RunEvent[] };

export const fileInfoSchema = z.object({
  path: z.string(),
  bytes: z.int().min(0),
  modifiedAt: time,
  etag: z.string().describe('Strong, changes with the content; without quotes.'),
});
/** A file of a run. */
export type FileInfo = z.infer<typeof fileInfoSchema>;

export const fileListSchema = z.object({ files: z.array(fileInfoSchema).describe('Sorted by path.') });
export type FileList = z.infer<typeof fileListSchema>;

export const presignedRequestSchema = z.object({
  method: z.enum(['GET', 'PUT']),
  url: z.url(),
  headers: z.record(z.string(), z.string()).describe('To be sent with it as they are.'),
  expiresAt: time,
});
/** A request that anybody who has it may send, once or more, until it expires. */
export type PresignedRequest = z.infer<typeof presignedRequestSchema>;

export const toolDescriptionSchema = z.object({
  name: z.string(),
  description: z.string().describe('For people and models: what it does and what its output looks like.'),
  source: z
    .enum(['built-in', 'folder', 'mcp', 'openapi'])
    .describe('Where it comes from: perdure, or the operator’s folder of tools.'),
  effect: z.enum(['read', 'reversible', 'irreversible']),
  quick: z.boolean().describe('Whether it is done within milliseconds, and costs no round trip to Temporal.'),
  timeoutSeconds: z.number().describe('Seconds one attempt may take.'),
  maxAttempts: z.int().min(1).describe('Attempts that a retryable failure gets.'),
  inputSchema: z.record(z.string(), z.unknown()).describe('JSON schema of the arguments.'),
});
export type ToolDescription = z.infer<typeof toolDescriptionSchema>;

export const toolListSchema = z.object({ tools: z.array(toolDescriptionSchema) });
export type ToolList = z.infer<typeof toolListSchema>;

export const agentDescriptionSchema = z.object({
  name: z.string(),
  description: z.string(),
  tools: z.array(z.string()).describe('What its plans may call, and no other.'),
  models: z
    .object({ planner: z.array(z.string()), supervisor: z.array(z.string()), tool: z.array(z.string()) })
    .describe('By role, in the order in which they are asked; without a planner it needs plans.'),
  maxSteps: z.int().min(1).describe('Steps that a plan of its own making may have.'),
  supervision: z
    .object({ maxChanges: z.int().min(0), maxSteps: z.int().min(0) })
    .describe(
      'Changes of a plan and questions to people that its supervisor may make in one run, and steps that it may add.',
    ),
  budget: budgetSchema.optional().describe('Of each of its runs, unless the run tells otherwise.'),
  approvals: z.enum(approvalPolicies).describe('What of its runs needs a person’s word, at the least.'),
  hosts: z
    .array(z.string())
    .describe('Hosts that its models may have read without asking, beside those that a goal names.'),
  output: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('The JSON schema that the result of each of its runs fits; null where that may be anything.'),
});

export const agentListSchema = z.object({
  agents: z.array(agentDescriptionSchema).describe('Sorted by name.'),
});
export type AgentList = z.infer<typeof agentListSchema>;

export const apiKeyInfoSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  scope: z.enum(scopes),
  prefix: z.string().describe('How the key begins.'),
  createdBy: z.string().describe('The subject that made it.'),
  createdAt: time,
  expiresAt: time.nullable().describe('Null for a key that does not expire.'),
  lastUsedAt: time.nullable().describe('True to the minute; null when it was never used.'),
  revokedAt: time.nullable(),
});
export type ApiKeyInfo = z.infer<typeof apiKeyInfoSchema>;

export const apiKeyListSchema = z.object({
  apiKeys: z.array(apiKeyInfoSchema).describe('Newest first, the revoked and expired ones too.'),
});
export type ApiKeyList = z.infer<typeof apiKeyListSchema>;

export const newApiKeySchema = apiKeyInfoSchema.extend({
  token: z.string().describe('The key itself; never shown again.'),
});
export type NewApiKeyAnswer = z.infer<typeof newApiKeySchema>;

export const streamTicketSchema = z.object({
  ticket: z.string(),
  expiresAt: time.describe('When it opens no stream any more.'),
  url: z.string().describe('The stream’s address with the ticket in it.'),
});
export type StreamTicket = z.infer<typeof streamTicketSchema>;

export const healthSchema = z.object({
  status: z.literal('ok'),
  service: z.literal('perdure'),
  draining: z.boolean(),
  bus: z.object({ healthy: z.boolean(), problem: z.string().nullable() }),
});
export type Health = z.infer<typeof healthSchema>;

export const readinessSchema = z.object({
  ready: z.boolean(),
  parts: z
    .array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        degraded: z.exactOptional(z.boolean()).describe('Works, but not as well as it should.'),
        detail: z.string(),
      }),
    )
    .describe('Each part that a run needs.'),
  workers: z.object({
    pollers: z
      .int()
      .min(0)
      .nullable()
      .describe(
        'Pollers of the run task queue as the Temporal server sees them; null when it cannot be asked.',
      ),
  }),
});
export type Readiness = z.infer<typeof readinessSchema>;

export const indexSchema = z.object({
  name: z.literal('perdure'),
  links: z.record(z.string(), z.string()),
});
export type Index = z.infer<typeof indexSchema>;
