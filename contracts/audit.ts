/** The audit log: who did what to what, from where, and what came of it. No entry ever holds what was sent. */
import { z } from 'zod';
import { instant } from './instant.js';
import { wholeNumber } from './whole-number.js';

export const auditEntrySchema = z.object({
  id: z.uuid(),
  at: z.iso.datetime().describe('When the call was answered.'),
  subject: z
    .string()
    .describe(
      '`user:<id>`, `key:<id>`, `local`, `callback`, or `operator` for the command line of the server.',
    ),
  address: z.string().nullable().describe('The IP address of the caller; null where it is not known.'),
  action: z
    .string()
    .describe(
      'The `operationId` of the call, or what an operator did: `eraseTenant`, `createApiKey`, `revokeApiKey`.',
    ),
  target: z
    .string()
    .nullable()
    .describe(
      'What it was done to, such as `runs/<id>` or `api-keys/<id>`; null where there is no such thing.',
    ),
  outcome: z
    .string()
    .describe('`ok`, `replayed` for a repeat that changed nothing, or the `code` of the error.'),
  requestId: z.string().nullable().describe('The `X-Request-Id` of the answer.'),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditListSchema = z.object({
  entries: z.array(auditEntrySchema).describe('Newest first.'),
  nextCursor: z.string().nullable().describe('The `cursor` of the next page; null on the last.'),
});
export type AuditList = z.infer<typeof auditListSchema>;

const text = z.string().min(1).max(500);

export const listAuditSchema = z.strictObject({
  from: instant.optional(),
  before: instant.optional(),
  subject: text.optional(),
  action: text.optional(),
  target: text.optional(),
  outcome: text.optional(),
  limit: wholeNumber(1, 1_000).default(100),
  cursor: z.string().max(200).optional(),
  format: z.enum(['json', 'ndjson']).optional(),
});

/** Which entries; all that is given must fit. */
export interface AuditFilter {
  /** ISO 8601 with an offset: from this moment on, and before that one. */
  from?: string | undefined;
  before?: string | undefined;
  subject?: string | undefined;
  action?: string | undefined;
  /** This, and what lies beneath it: of `runs/<id>` its files and approvals, too. */
  target?: string | undefined;
  outcome?: string | undefined;
}
