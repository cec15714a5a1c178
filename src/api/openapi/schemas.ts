/** The schemas of the contract as JSON schemas of the document, each under its name. */
import { z } from 'zod';
import * as answers from '../../../contracts/answers.js';
import { auditEntrySchema, auditListSchema } from '../../../contracts/audit.js';
import { approvalListSchema, approvalSchema, decideApprovalSchema } from '../../../contracts/approvals.js';
import { callbackAnswerSchema, callbackListSchema } from '../../../contracts/callbacks.js';
import { createApiKeySchema } from '../../../contracts/api-keys.js';
import {
  ephemeralEventSchema,
  eventSchemas,
  outputSchema,
  runEventSchema,
} from '../../../contracts/events.js';
import { forkRunSchema, retryRunSchema } from '../../../contracts/forks.js';
import { jsonValueSchema, planSchema, planStepSchema } from '../../../contracts/plan.js';
import { changePlanSchema } from '../../../contracts/plan-edits.js';
import { presignSchema } from '../../../contracts/presign.js';
import {
  batchItemSchema,
  batchSchema,
  MAX_BATCH,
  cancelRunSchema,
  pauseRunSchema,
  resumeRunSchema,
  idempotencyKeySchema,
  scheduledRunSchema,
  submitRunSchema,
} from '../../../contracts/runs.js';
import {
  webhookDeliverySchema,
  webhookMessageSchema,
  webhookSecretSchema,
} from '../../../contracts/webhooks.js';
import {
  changeScheduleSchema,
  createScheduleSchema,
  pauseScheduleSchema,
  resumeScheduleSchema,
  scheduleListSchema,
  scheduleSchema,
  triggerScheduleSchema,
} from '../../../contracts/schedules.js';
import { statisticsSchema } from '../../../contracts/statistics.js';
import {
  createShareLinkSchema,
  newShareLinkSchema,
  shareLinkListSchema,
  shareLinkSchema,
} from '../../../contracts/share-links.js';
import { signInWaysSchema } from '../../../contracts/sign-in.js';
import { systemSchema } from '../../../contracts/system.js';
import { sendMessageSchema } from '../../../contracts/run-messages.js';
import { whySchema } from '../../../contracts/why.js';
import type { Json } from './json.js';

const answerSchemas: Record<string, z.ZodType> = {
  JsonValue: jsonValueSchema,
  ErrorCode: answers.errorCodeSchema,
  FieldError: answers.fieldErrorSchema,
  Problem: answers.problemSchema,
  ErrorInfo: answers.errorInfoSchema,
  PlanStep: planStepSchema,
  Plan: planSchema,
  Run: answers.runSchema,
  RunSummary: answers.runSummarySchema,
  BatchResult: answers.batchResultSchema,
  BatchAnswer: answers.batchAnswerSchema,
  RunList: answers.runListSchema,
  Statistics: statisticsSchema,
  Why: whySchema,
  ...Object.fromEntries(eventSchemas.map((schema) => [eventName(typeOf(schema)), schema])),
  StepOutput: outputSchema,
  RunEvent: runEventSchema,
  EphemeralEvent: ephemeralEventSchema,
  EventPage: answers.eventPageSchema,
  FileInfo: answers.fileInfoSchema,
  FileList: answers.fileListSchema,
  PresignedRequest: answers.presignedRequestSchema,
  ToolDescription: answers.toolDescriptionSchema,
  ToolList: answers.toolListSchema,
  AgentDescription: answers.agentDescriptionSchema,
  AgentList: answers.agentListSchema,
  ApiKeyInfo: answers.apiKeyInfoSchema,
  ApiKeyList: answers.apiKeyListSchema,
  NewApiKey: answers.newApiKeySchema,
  ShareLink: shareLinkSchema,
  ShareLinkList: shareLinkListSchema,
  NewShareLink: newShareLinkSchema,
  AuditEntry: auditEntrySchema,
  AuditList: auditListSchema,
  StreamTicket: answers.streamTicketSchema,
  CallbackList: callbackListSchema,
  CallbackAnswer: callbackAnswerSchema,
  Approval: approvalSchema,
  ApprovalList: approvalListSchema,
  WebhookDelivery: webhookDeliverySchema,
  WebhookMessage: webhookMessageSchema,
  WebhookSecret: webhookSecretSchema,
  Schedule: scheduleSchema,
  ScheduleList: scheduleListSchema,
  System: systemSchema,
  SignInWays: signInWaysSchema,
  Health: answers.healthSchema,
  Readiness: answers.readinessSchema,
  Index: answers.indexSchema,
};

/** What is sent has defaults that what is answered has filled in: a plan is two schemas. */
const requestSchemas: Record<string, z.ZodType> = {
  JsonValue: jsonValueSchema,
  NewPlanStep: planStepSchema,
  NewPlan: planSchema,
  SubmitRun: submitRunSchema,
  IdempotencyKey: idempotencyKeySchema,
  BatchItem: batchItemSchema,
  // The server checks the items one by one.
  SubmitBatch: batchSchema.extend({ runs: z.array(batchItemSchema).min(1).max(MAX_BATCH) }),
  CancelRun: cancelRunSchema,
  SendMessage: sendMessageSchema,
  ChangePlan: changePlanSchema,
  RetryRun: retryRunSchema,
  ForkRun: forkRunSchema,
  DecideApproval: decideApprovalSchema,
  CallbackEvent: z.union([z.record(z.string(), jsonValueSchema), z.array(jsonValueSchema)]),
  PauseRun: pauseRunSchema,
  ResumeRun: resumeRunSchema,
  ScheduledRun: scheduledRunSchema,
  CreateSchedule: createScheduleSchema,
  ChangeSchedule: changeScheduleSchema,
  PauseSchedule: pauseScheduleSchema,
  ResumeSchedule: resumeScheduleSchema,
  TriggerSchedule: triggerScheduleSchema,
  CreateApiKey: createApiKeySchema,
  CreateShareLink: createShareLinkSchema,
  Presign: presignSchema,
};

export function componentSchemas(): Json {
  const made = { ...convert(requestSchemas, 'input'), ...convert(answerSchemas, 'output') };
  made.RunEvent = {
    oneOf: eventSchemas.map((schema) => ({ $ref: path(eventName(typeOf(schema))) })),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(
        eventSchemas.map((schema) => [typeOf(schema), path(eventName(typeOf(schema)))]),
      ),
    },
  };
  return Object.fromEntries(Object.entries(made).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const path = (name: string): string => `#/components/schemas/${name}`;

function typeOf(schema: (typeof eventSchemas)[0]): string {
  return schema.shape.type.value;
}

/** `step.completed` is StepCompletedEvent. */
function eventName(type: string): string {
  return `${type.replaceAll(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase())}Event`;
}

function convert(schemas: Record<string, z.ZodType>, io: 'input' | 'output'): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: made } = z.toJSONSchema(registry, {
    io,
    uri: path,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === jsonValueSchema) {
        // The recursive form says no more, and tools that make examples of it get lost in it.
        for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
        jsonSchema.description = 'Any JSON.';
      }
      // A format says it in one word.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      // What a check of the schema means and JSON schema can say, it says itself.
      Object.assign(jsonSchema, z.globalRegistry.get(zodSchema));
    },
  });
  return Object.fromEntries(
    Object.entries(made).map(([name, { $schema: _schema, $id: _id, ...schema }]) => [name, schema]),
  );
}
